import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { featureMapGradient } from "./feature-map-gradient.ts";
import { kernelScale } from "./kernel-scale.ts";
import { randomDirections, randomFeatureMap } from "./random-features/random-feature-map.ts";
import { sampledError, sampleRows } from "./sampled-error.ts";

const estimate = async (n: number, seed: number, features = 50) => {
	const problem = generateProblem({ distribution: "uniform", n, d: 2, B: 1, seed: 1 });
	const map = randomFeatureMap(kernelScale(problem), randomDirections(features, 2, true, seededRandom(1)));
	const sample = sampleRows(n, seed);
	const { gradient, sampled } = await featureMapGradient(problem, map, {
		form: "surrogate",
		algorithm: "test",
		sample,
	});
	const exact = await streamingGradient(problem);
	return {
		error: maxAbsDifference(gradient, exact.gradient),
		bound: sampledError("test", problem, sample, sampled, 1).bound,
	};
};

describe("the estimate of an error", () => {
	it("is the error itself where all rows are sampled", async () => {
		for (const n of [1, 2, 63, 64]) {
			const { error, bound } = await estimate(n, 2);
			expect(Math.abs(bound - error)).toBeLessThan(1e-12);
		}
	});

	it("is mostly above the error where few are, and follows it", async () => {
		const seeds = Array.from({ length: 20 }, (_, seed) => seed);
		const all = await Promise.all(seeds.map((seed) => estimate(300, seed)));
		// three standard errors: 99 % of the draws of one entry
		expect(all.filter(({ error, bound }) => bound >= error).length).toBeGreaterThanOrEqual(18);
		// 100 times the features: a tenth of the error
		const better = await Promise.all(seeds.slice(0, 3).map((seed) => estimate(300, seed, 5000)));
		for (const [at, { bound }] of better.entries()) expect(bound).toBeLessThan(all[at].bound / 3);
	});

	it("samples distinct rows in order", () => {
		const rows = sampleRows(1000, 3);
		expect(rows.length).toBe(64);
		expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
	});
});
