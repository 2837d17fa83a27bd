import { maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { createRuntime, forward, generateProblem, gradient, plan } from "../index.ts";

const problem = generateProblem({ distribution: "uniform", n: 63, d: 3, B: 1, seed: 1 });

test("a gradient by name keeps its certificate against the definition", async () => {
	const truth = await gradient(problem, { algorithm: "definition" });
	const near = await gradient(problem, { algorithm: "polynomial/moment", epsilon: 1e-4 });
	expect(near.certificate?.bound).toBeLessThanOrEqual(1e-4);
	expect(maxAbsDifference(near.gradient, truth.gradient)).toBeLessThanOrEqual(near.certificate?.bound ?? 0);
});

test("auto is the default and says what it picked", async () => {
	expect((await gradient(problem)).picked?.algorithm).toMatch(/^(streaming|polynomial)/);
});

test("an output by the polynomial keeps its certificate against the exact one", async () => {
	const { output, certificate } = await forward(problem, { algorithm: "polynomial", epsilon: 1e-4 });
	const exact = await forward(problem, { algorithm: "exact" });
	expect(output).toMatchObject({ rows: 63, cols: 3 });
	expect(maxAbsDifference(output, exact.output)).toBeLessThanOrEqual(certificate?.bound ?? 0);
});

test("a plan lists algorithms and computes on a runtime that is given", async () => {
	const runtime = await createRuntime({ threads: 1 });
	try {
		const { entries, chosen } = await plan(problem, { epsilon: 1e-6, runtime });
		expect(entries.map(({ algorithm }) => algorithm)).toContain(chosen.algorithm);
		await expect(gradient(problem, { algorithm: "exact", runtime })).resolves.toBeDefined();
	} finally {
		await runtime.close();
	}
});

test.each([
	[{ algorithm: "polinomial" }, /^unknown algorithm: polinomial/],
	[{ algorithm: "exact", epsilon: 1e-6 }, /^streaming: .*epsilon/],
	[{ algorithm: "polynomial", epsilon: -1 }, /^polynomial: epsilon: /],
])("%j is refused in one line", async (options, line) => {
	await expect(gradient(problem, options)).rejects.toMatchObject({
		name: "UsageError",
		message: expect.stringMatching(line),
	});
	await expect(plan(problem, { epsilon: Number.NaN })).rejects.toThrow("plan: epsilon must be > 0, got NaN");
});
