import { gapRiemannSum, plantedGap } from "@attgrad/hardness";
import { defineExperiment, type GridBlock } from "@attgrad/harness";
import { ComputationError } from "@attgrad/matrix-core";
import { type Decoding, decoding } from "./cases.ts";
import { figures } from "./figures.ts";
import { gapDistribution, measureIntegral } from "./integral-nodes.ts";
import { countingSizes, measureInterpolation } from "./interpolation.ts";
import { measureNoise, sizesOf } from "./noise-levels.ts";
import { noisy } from "./oracles.ts";
import { measurePolynomial, scoresOf } from "./polynomial-method.ts";

/** Oracle errors over the proven one. */
const factors = { quick: [0.3, 0.99, 1.5, 10], full: [0.1, 0.5, 0.99, 1.1, 1.2, 1.5, 3, 10] };

/** One block a point: sizes of hardness instances follow from the reduction, they are no axes of their own. */
const point = (algorithm: string, distribution: string, sizes: { n: number; d: number; B: number }): GridBlock => ({
	algorithm: [algorithm],
	distribution: [distribution],
	n: [sizes.n],
	d: [sizes.d],
	B: [Number(sizes.B.toPrecision(4))],
});

/** Queries and keys of the instances that noise is added to. */
const noisySize = 16;

const noiseBlock = (reduction: Decoding, factors: readonly number[]): GridBlock => {
	const sizes = sizesOf(reduction, noisySize);
	return {
		...point("noisy", `${reduction} under noise`, sizes),
		epsilon: factors.map((factor) => Number((factor * sizes.epsilon).toPrecision(6))),
	};
};

const integralBlocks = (size: number, seeds: readonly number[]): GridBlock[] =>
	seeds.map((seed) => ({
		...point("streaming", gapDistribution, gapRiemannSum.sizes(plantedGap({ n: size, yes: true, seed }))),
		seed: [seed],
	}));

const scoresBlock = (reduction: Decoding, size: number): GridBlock =>
	point("streaming", `${reduction} scores ${size}`, scoresOf(reduction, size, 1));

const thetaBlock = (thetaMax: number): GridBlock =>
	point("streaming", `R3 thetaMax ${thetaMax}`, countingSizes(thetaMax, 1));

/**
 * Do the reductions of the lower bound decode, and at what price: oracle error, gradient calls, entries, and the degree
 * that the polynomial method would need on what they build.
 */
export default defineExperiment({
	name: "hardness",
	title: "The lower bound, run",
	question:
		"Do the reductions decode under oracle error up to the proven one, and what would the fast method need there?",
	module: import.meta.url,
	claims: [
		{
			statement: "Theorem E.5",
			says: "An oracle for the gradient decides a gap instance; noise up to the proven error changes no answer.",
			figure: "noise",
		},
		{
			statement: "Lemma E.4",
			says: "The Riemann sum as printed does not decide; Gauss nodes do, with few gradients.",
			figure: "riemann-sum",
		},
		{
			statement: "Theorem 1.5",
			says: "What is reduced to has B at a multiple of √log n, where starting from gaps.",
			figure: "entry-bound",
		},
	],
	algorithms: [noisy],
	// Made when asked for: the sizes of the points come from instances.
	grid: {
		get quick() {
			return [
				...decoding.map((reduction) => noiseBlock(reduction, factors.quick)),
				...[16, 32, 48].flatMap((size) => integralBlocks(size, [1])),
				...[16, 256].flatMap((size) => decoding.map((reduction) => scoresBlock(reduction, size))),
				...[0.5, 1, 2, 8].map(thetaBlock),
			];
		},
		get full() {
			return [
				...decoding.map((reduction) => noiseBlock(reduction, factors.full)),
				...[16, 32, 64].flatMap((size) => integralBlocks(size, [1, 2, 3])),
				...integralBlocks(128, [1]),
				...[16, 32, 64, 128, 256, 512].flatMap((size) => decoding.map((reduction) => scoresBlock(reduction, size))),
				...[0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12].map(thetaBlock),
			];
		},
	},
	effort: { quick: { budget: 0, timeLimit: 30_000 }, full: { budget: 0, timeLimit: 600_000 } },
	figures,
	async measure(context) {
		const { distribution } = context.cell;
		const [, reduction, what, value] =
			/^(R1a|R1b|R2|R3) (under noise|scores|thetaMax) ?([\d.]+)?$/.exec(distribution) ?? [];
		if (distribution === gapDistribution) return measureIntegral(context);
		if (what === "under noise") return measureNoise(reduction as Decoding, context);
		if (what === "scores") return measurePolynomial(reduction as Decoding, Number(value), context);
		if (what === "thetaMax") return measureInterpolation(Number(value), context);
		throw new ComputationError("skipped", `hardness: nothing is measured on ${distribution}`);
	},
});
