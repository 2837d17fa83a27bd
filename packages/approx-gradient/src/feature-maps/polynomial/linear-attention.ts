import { type AttentionProblem, defineAlgorithm } from "@attgrad/attention-problem";
import type { Matrix, RowSource } from "@attgrad/matrix-core";
import { z } from "zod";
import { expUp, maxUp, normUp, over, powerUp, RelativeRounding, times } from "../../error-bound/index.ts";
import { totalDegreeTree } from "../../polynomial/monomials/total-degree.ts";
import { queryBlocks } from "../../rows/row-blocks.ts";
import { centred, distance, spansOf } from "../../rows/spans.ts";
import type { FeatureMap } from "../feature-map.ts";
import { featureMapGradient } from "../feature-map-gradient.ts";
import { sampledError, sampleRows } from "../sampled-error.ts";
import { balance, frameOf, monomialMap, monomialRounding, monomialUnderflow } from "./monomial-map.ts";

/** 1 + x + x²/2, at least ½ everywhere: normalisers are positive whatever the scores. */
const COEFFICIENTS = Float64Array.of(1, 1, 1 / 2);

const BLOCK_ROWS = 512;

/**
 * Taylor features of degree 2, as linear attention uses them: e^x becomes 1 + x + x²/2 with (d+1)(d+2)/2 features, about
 * the keys' midrange. O(nd³). The plug-in gradient's proof is Lagrange's remainder row by row in the L1 form of 7.4: it
 * always applies and is small for scores well below 1; the surrogate gradient's error is estimated.
 *
 * Reference: S. Arora et al., "Simple linear attention language models balance the recall-throughput tradeoff", ICML
 * 2024, arXiv 2402.18668 (there a feature map to train with; here an approximation of given softmax attention).
 */
export const linearAttention = defineAlgorithm({
	name: "linear-attention",
	summary: "Taylor features of degree 2, as linear attention uses them; good for scores well below 1",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options: z.strictObject({
		form: z
			.enum(["plug-in", "surrogate"])
			.default("plug-in")
			.describe("f~ in place of f (proven error), or the gradient of the surrogate loss (estimated error)"),
		seed: z.int().min(0).default(0).describe("of the rows that the error of the surrogate form is estimated on"),
	}),
	supports: () => true,
	async run(problem, { form, seed }, { onProgress }) {
		const { n } = problem;
		const { map, radius } = linearAttentionMap(problem);
		const sample = form === "surrogate" ? sampleRows(n, seed) : [];
		const algorithm = "linear-attention";
		const result = await featureMapGradient(problem, map, { form, algorithm, sample, onProgress });
		const certificate = result.certificate ?? sampledError(algorithm, problem, sample, result.sampled, radius);
		return {
			gradient: result.gradient,
			loss: result.loss,
			degree: 2,
			rank: map.rank,
			certificate,
		};
	},
});

/** The Taylor features of degree 2 about the keys' midrange, and the radius of the scores. */
export function linearAttentionMap(problem: AttentionProblem<RowSource>): {
	readonly map: FeatureMap;
	readonly radius: number;
} {
	const { d } = problem;
	const { keyCentre, keyHalf, keyNorm } = spansOf(problem);
	const queryNorm = largestQuery(problem);
	const radius = times(queryNorm, keyNorm);
	const t = balance(queryNorm, keyNorm);
	const underflow = monomialUnderflow({ degree: 2, coefficients: COEFFICIENTS, queryNorm, keyNorm, t });
	const map = monomialMap({
		tree: totalDegreeTree(d, 2),
		coefficients: COEFFICIENTS,
		centre: keyCentre,
		t,
		error: { ...lagrangeRemainder(keyCentre, keyNorm, radius), underflow, span: maxUp(keyHalf), frame: frameOf(t) },
	});
	return { map, radius };
}

/** |e^x − 1 − x − x²/2| <= |x|³/6 · max(1, e^x) at x = <q, k>: at most ‖q‖³ e^(‖q‖ max‖k‖)/6 times ‖k‖³. */
function lagrangeRemainder(centre: Float64Array, keyNorm: number, radius: number) {
	return {
		kind: "product",
		radius,
		rounding: monomialRounding(2),
		// The remainder is that of the exact scores.
		relative: RelativeRounding.none,
		keys: (keys: Matrix) => centredNorms(keys, centre).map((norm) => powerUp(norm, 3)),
		queries: (queries: Matrix) =>
			Float64Array.from({ length: queries.rows }, (_, j) => {
				const norm = normUp(queries.row(j));
				return over(times(powerUp(norm, 3), expUp(times(norm, keyNorm))), 6);
			}),
	} as const;
}

/** At least ‖k_l − centre‖ of each key. */
function centredNorms(keys: Matrix, centre: Float64Array): Float64Array {
	const rows = centred(keys, centre);
	const ofDifference = RelativeRounding.roundings(2);
	return Float64Array.from({ length: rows.rows }, (_, l) => ofDifference.atLeast(normUp(rows.row(l))));
}

function largestQuery(problem: AttentionProblem<RowSource>): number {
	const origin = new Float64Array(problem.d);
	let largest = 0;
	for (const { queries } of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < queries.rows; j++) largest = Math.max(largest, distance(queries.row(j), origin));
	return largest;
}
