import { type AnyGradientAlgorithm, distributions, generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { clusters, linearAttention, nystrom, randomFeatures, supportBasis } from "./index.ts";

const runtime = await createRuntime({ kernel: "js" });

const errorOf = async (
	algorithm: AnyGradientAlgorithm,
	options: Record<string, unknown>,
	problem: ReturnType<typeof generateProblem>,
): Promise<number> => {
	const result = await algorithm.run(problem, algorithm.options.parse(options), runtime).catch((error: unknown) => {
		// a budget too small for a positive normaliser is refused
		if (error instanceof ComputationError && error.status === "invalid") return undefined;
		throw error;
	});
	if (!result) return Number.POSITIVE_INFINITY;
	const { gradient } = result;
	const exact = await streamingGradient(problem);
	return maxAbsDifference(gradient, exact.gradient) / (maxAbs(exact.gradient) || 1);
};

/** Budgets of each method, small to large, and the relative error that the largest must reach. */
const ladders: [string, AnyGradientAlgorithm, Record<string, unknown>[], number][] = [
	["nystrom plug-in", nystrom, [4, 12, 40, 120].map((rank) => ({ rank })), 1e-8],
	["nystrom surrogate", nystrom, [4, 12, 40, 120].map((rank) => ({ rank, form: "surrogate" })), 1e-6],
	["support-basis", supportBasis, [1, 4, 8, 13].map((degree) => ({ degree, threshold: 0.8 })), 1e-9],
	[
		"support-basis surrogate",
		supportBasis,
		[1, 4, 8, 13].map((degree) => ({ degree, threshold: 0.8, form: "surrogate" })),
		1e-8,
	],
	["clusters by degree", clusters, [1, 4, 8, 18].map((degree) => ({ degree, queryClusters: 2, keyClusters: 3 })), 1e-9],
	[
		"clusters by number",
		clusters,
		[1, 8, 32].map((count) => ({ degree: 3, queryClusters: count, keyClusters: count })),
		1e-5,
	],
];

describe.each(ladders)("%s", (_, algorithm, budgets, least) => {
	it.each(distributions)("converges to the exact gradient on %s", async (distribution) => {
		const problem = generateProblem({ distribution, n: 127, d: 2, B: 1, seed: 7 });
		const errors: number[] = [];
		for (const budget of budgets) errors.push(await errorOf(algorithm, budget, problem));
		expect(errors.at(-1)).toBeLessThan(least);
		// where the smallest budget is exact already, both are rounding
		expect(errors.at(-1)).toBeLessThanOrEqual(Math.max(errors[0], 1e-13));
	});
});

it("linear attention converges like the third power of the scores", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 111, d: 3, B: 1, seed: 8 });
	const errorAt = (factor: number) =>
		errorOf(linearAttention, {}, { ...problem, A2: Matrix.build(111, 3, (l, b) => factor * problem.A2.at(l, b)) });
	const [large, small] = [await errorAt(0.4), await errorAt(0.1)];
	// relative to the gradient the error is one order higher than the first term left out of the covariance: 4² at least
	expect(large / small).toBeGreaterThan(12);
});

it("random features converge like K^-1/2", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 9 });
	const typical = async (features: number): Promise<number> => {
		let sum = 0;
		for (let seed = 0; seed < 12; seed++)
			sum += (await errorOf(randomFeatures, { features, seed, orthogonal: false }, problem)) ** 2;
		return Math.sqrt(sum / 12);
	};
	const [few, many] = [await typical(64), await typical(64 * 25)];
	// five times, within the scatter of twelve draws
	expect(few / many).toBeGreaterThan(2.5);
	expect(few / many).toBeLessThan(10);
});

describe.each([1, 2, 3, 63, 111])("at n = %i", (n) => {
	it.each([
		["nystrom", nystrom, { rank: n }],
		["support-basis", supportBasis, { degree: 12, threshold: 0.7 }],
		["clusters", clusters, { degree: 12, queryClusters: 2, keyClusters: 2 }],
	] as const)("%s with a large budget is exact", async (_, algorithm, options) => {
		const problem = generateProblem({ distribution: "uniform", n, d: 2, B: 1, seed: n });
		expect(await errorOf(algorithm, options, problem)).toBeLessThan(1e-9);
	});
});
