import { generateProblem, visibleKeys, visiblePairs } from "@attgrad/attention-problem";
import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { costRun } from "./cost-algorithms.ts";
import { nominalModel } from "./cost-model.ts";
import { heavy, layer, monomials, withRows } from "./cost-samples.ts";
import { type Cost, costNames, costs } from "./costs.ts";

test.each(["none", "causal"] as const)("a sample of a layer has the pairs of its mask: %s", (mask) => {
	for (const n of [1, 63, 512]) expect(layer(n, 4, mask).work.pairs).toBe(visiblePairs(visibleKeys({ mask }, n, n)));
});

test("a sample with other rows has what grows with them", () => {
	expect(withRows(monomials(512, 4, 3), 128)).toEqual(monomials(128, 4, 3));
	expect(withRows(heavy(256, 4), 64)).toEqual(heavy(64, 4));
	expect(withRows(layer(1024, 8, "none", 3), 256)).toEqual(layer(256, 8, "none", 3));
	// Half of a square less a triangle's diagonal: within 1 / n.
	const pairs = withRows(layer(1024, 8, "causal"), 256).work.pairs ?? 0;
	expect(pairs / (layer(256, 8, "causal").work.pairs ?? 0)).toBeCloseTo(1, 2);
});

test.each(costNames)("%s has as many units as terms, and more samples than leave it to what is expected", (name) => {
	const { terms, samples, nominal }: Cost = costs[name];
	for (const { work } of samples) expect(terms(work)).toHaveLength(nominal.length);
	expect(samples.length).toBeGreaterThanOrEqual(Math.min(3, nominal.length));
	expect(nominal.every((unit) => unit > 0)).toBe(true);
});

test.each(costNames)("the first sample of %s runs, and larger ones are predicted to take longer", async (name) => {
	const { samples }: Cost = costs[name];
	const [{ n, d, options }] = samples;
	const runtime = await createRuntime();
	const problem = generateProblem({ distribution: "uniform", n, d, B: 0.5, seed: 1 });
	await expect(costRun(name, problem, options, runtime)()).resolves.toBeDefined();
	await runtime.close();
	const times = samples.map(({ work }) => nominalModel.timeOf(name, work));
	expect(Math.min(...times)).toBe(times[0]);
});
