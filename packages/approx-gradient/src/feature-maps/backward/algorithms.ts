import {
	type AnyBackwardAlgorithm,
	type AttentionProblem,
	defineBackward,
	skipUnless,
} from "@attgrad/attention-problem";
import { moduleBeside, type RowSource, seededRandom } from "@attgrad/matrix-core";
import { z } from "zod";
import { clusterMap } from "../clusters/cluster-map.ts";
import { kernelScale, requireNumbers } from "../kernel-scale.ts";
import { nystromPivots } from "../nystrom/nystrom.ts";
import { nystromMap } from "../nystrom/nystrom-map.ts";
import { LARGEST_DEGREE } from "../polynomial/degree-choice.ts";
import { linearAttentionMap } from "../polynomial/linear-attention.ts";
import { randomDirections, randomFeatureMap } from "../random-features/random-feature-map.ts";
import { supportBasisMap } from "../support-basis/support-basis.ts";
import { featureMapBackward, type HeadMap, takesNoMask } from "./feature-map-backward.ts";

const modules = ["feature-map-backward", "feature-map-head", "head-bounds"].map(
	(name) => moduleBeside(import.meta.url, name).href,
);

/** A backward algorithm from a way to make the feature map of a head. */
function throughMap<Options extends z.ZodObject>(
	{ name, summary, options }: { readonly name: string; readonly summary: string; readonly options: Options },
	mapOf: (head: AttentionProblem<RowSource>, options: z.output<Options>, index: number) => HeadMap,
): AnyBackwardAlgorithm {
	return defineBackward({
		name,
		summary,
		exact: false,
		version: 1,
		modules,
		options,
		supports: (problem) => takesNoMask(name, problem),
		run: async (problem, given, { onProgress }) => {
			skipUnless(takesNoMask(name, problem));
			return featureMapBackward(problem, (head, index) => mapOf(head, given, index), name, onProgress);
		},
	});
}

const clusterCount = (what: string) =>
	z.int().min(1).max(64).optional().describe(`clusters of ${what}; default: chosen by predicted cost`);

const seed = z.int().min(0).default(0);

/** The backward pass, without a mask, through every feature map of the project. */
export const featureMapBackwards: readonly AnyBackwardAlgorithm[] = [
	throughMap(
		{
			name: "nystrom",
			summary: "Nyström on pivot keys of each head, without a mask; error proven a posteriori",
			options: z.strictObject({
				rank: z.int().min(1).default(128).describe("number of pivot keys"),
				seed: seed.describe("seed of the pivots"),
			}),
		},
		(head, { rank, seed }, index) => ({
			map: nystromMap(nystromPivots(head, rank, seededRandom(seed, `nystrom ${index}`))),
		}),
	),
	throughMap(
		{
			name: "random-features",
			summary: "positive random features (FAVOR+), without a mask; nothing is known of the error",
			options: z.strictObject({
				features: z.int().min(1).default(256).describe("number of features K"),
				seed: seed.describe("of the directions"),
				orthogonal: z
					.boolean()
					.default(true)
					.describe("directions orthogonal in blocks of d, which lowers the variance"),
			}),
		},
		(head, { features, seed, orthogonal }, index) => {
			const random = seededRandom(seed, `random-features ${index}`);
			const scale = requireNumbers("random-features", kernelScale(head));
			return { map: randomFeatureMap(scale, randomDirections(features, head.d, orthogonal, random)) };
		},
	),
	throughMap(
		{
			name: "support-basis",
			summary: "rows and keys with large entries exactly, a Chebyshev polynomial for the rest, without a mask",
			options: z.strictObject({
				degree: z
					.int()
					.min(0)
					.max(120)
					.optional()
					.describe("degree of the polynomial; default: every exponential right to 1e-6"),
				threshold: z
					.number()
					.min(0)
					.optional()
					.describe(
						"entries of queries and keys of at most this size are light; default: the one of least predicted cost",
					),
			}),
		},
		(head, options) => supportBasisMap(head, options),
	),
	throughMap(
		{
			name: "clusters",
			summary: "a Chebyshev expansion for each pair of a query cluster and a key cluster, without a mask; small d",
			options: z.strictObject({
				degree: z
					.int()
					.min(0)
					.max(LARGEST_DEGREE)
					.optional()
					.describe("degree of the polynomial; default: every exponential right to 1e-6"),
				queryClusters: clusterCount("queries"),
				keyClusters: clusterCount("keys"),
			}),
		},
		(head, options) => clusterMap(head, options),
	),
	throughMap(
		{
			name: "linear-attention",
			summary: "Taylor features of degree 2, without a mask; good for scores well below 1",
			options: z.strictObject({}),
		},
		(head) => ({ map: linearAttentionMap(head).map, degree: 2 }),
	),
];
