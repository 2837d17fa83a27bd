import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { decoding, hardCases } from "./cases.ts";
import experiment from "./experiment.ts";
import { measureNoise, sizesOf } from "./noise-levels.ts";
import { exactAlgorithm } from "./oracles.ts";

const runtime = await createRuntime({ kernel: "js" });

const cellAt = (reduction: (typeof decoding)[number], factor: number) => {
	const { n, d, B, epsilon } = sizesOf(reduction, 16);
	const cell = {
		experiment: "hardness",
		algorithm: "noisy",
		version: 1,
		options: {},
		distribution: reduction,
	} as const;
	return { ...cell, n, d, B, epsilon: factor * epsilon, seed: 1, dtype: "f64", threads: 1, kernel: "js" } as const;
};

test.each(decoding)(
	"%s: every answer is right below the proven error, none is wrong far above it",
	async (reduction) => {
		const context = { algorithm: exactAlgorithm, runtime, budget: 0 };
		const below = await measureNoise(reduction, { ...context, cell: cellAt(reduction, 0.99) });
		expect(below.extra).toMatchObject({ right: 1, unknown: 0, wrong: 0 });
		const above = await measureNoise(reduction, { ...context, cell: cellAt(reduction, 20) });
		expect(above.extra).toMatchObject({ wrong: 0 });
		expect(above.extra!["unknown"]).toBeGreaterThan(0);
		expect(above.extra!["margin"]).toBeLessThan(0);
	},
);

test.each(["quick", "full"] as const)("the points of %s have the sizes of the instances that are built", (preset) => {
	for (const block of experiment.grid[preset]) {
		const [, reduction] = /^(\S+) under noise$/.exec(block.distribution![0]!) ?? [];
		if (!reduction || block.n[0] > 50) continue;
		for (const { queries } of hardCases(reduction as (typeof decoding)[number], 16, 2)) {
			const { n, d } = queries.problem(0);
			expect([n, d]).toEqual([block.n[0], block.d[0]]);
		}
	}
});
