import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import experiment from "./experiment.ts";

test("the rank counted from the matrix is that of the closed form, and lies within the limits of a rank", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	for (const B of [0.03, 0.5, 1, 2, 4]) {
		const cell = { experiment: "threshold", algorithm: "dense", version: 1, options: {}, n: 64, d: 6, B } as const;
		const point = { ...cell, distribution: "hypercube", seed: 1, dtype: "f64", threads: 1, kernel: "js" } as const;
		const measured = await experiment.measure!({ cell: point, algorithm: undefined as never, runtime, budget: 0 });
		const { measured: counted, spectral } = measured.extra as Record<string, number>;
		expect(counted).toBeCloseTo(spectral!, 9);
		expect(measured.rank).toBeGreaterThanOrEqual(1);
		expect(measured.rank).toBeLessThanOrEqual(64);
	}
});
