import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource } from "@attgrad/matrix-core";
import { normUp, Quantity, RelativeRounding, times } from "../error-bound/index.ts";
import { centredValues, type ResidualRows, residualRows } from "../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock } from "../rows/row-blocks.ts";
import { centred, type Spans } from "../rows/spans.ts";
import type { RowErrors } from "./row-effects.ts";

/** Keys at a time: with 64 queries the scores are 256 KiB. */
const BLOCK_KEYS = 512;

/** Rows of the exact gradient. */
export interface ExactRows {
	readonly residuals: ResidualRows;
	/** Ĝ_j = Σ_l p_jl A2_l, count x d. */
	readonly queryGradients: Matrix;
	/** Bounds on their rounding errors. */
	readonly errors: RowErrors;
}

/**
 * The exact Ĝ_j of a few rows, keys in blocks (paper.md 4.4): two passes over keys and values, O(nd) a row, memory
 * O(count · 512). The row's largest score is subtracted, so that scores of any size are safe. Sums are of a block's terms, then of blocks.
 */
export function exactRows(
	algorithm: string,
	problem: AttentionProblem<RowSource>,
	block: QueryBlock,
	spans: Spans,
): ExactRows {
	const { N, largest } = weightedValues(problem, block, spans);
	const residuals = residualRows(algorithm, block, N, spans);
	return {
		residuals,
		queryGradients: weightedKeys(problem, block, spans, residuals, largest),
		errors: {
			form: "l1",
			tau: new Float64Array(block.count),
			rounding: Array.from({ length: block.count }, (_, j) => roundingOf(problem, block.queries.row(j), spans)),
		},
	};
}

/** Σ_l e^(s_l − largest) h'_l of each row, count x (d+1), and its largest score. */
function weightedValues(problem: AttentionProblem<RowSource>, { count, queries }: QueryBlock, spans: Spans) {
	const width = problem.d + 1;
	const largest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
	const N = Matrix.zeros(count, width);
	const part = new Float64Array(width);
	for (const { keys, values } of keyBlocks(problem, BLOCK_KEYS)) {
		const scores = multiply(queries, centred(keys, spans.keyCentre), { transposeB: true });
		const h = centredValues(values, spans);
		for (let j = 0; j < count; j++) {
			const row = scores.row(j);
			let top = largest[j];
			for (let l = 0; l < row.length; l++) top = Math.max(top, row[l]);
			part.fill(0);
			for (let l = 0, at = 0; l < row.length; l++) {
				const weight = Math.exp(row[l] - top);
				for (let i = 0; i < width; i++) part[i] += weight * h.data[at++];
			}
			const sums = N.row(j);
			const shrink = Math.exp(largest[j] - top);
			for (let i = 0; i < width; i++) sums[i] = sums[i] * shrink + part[i];
			largest[j] = top;
		}
	}
	return { N, largest };
}

/** Σ_l e^(s_l − largest) / D_j <c'_j, h'_l> k_l, count x d. */
function weightedKeys(
	problem: AttentionProblem<RowSource>,
	{ count, queries }: QueryBlock,
	spans: Spans,
	{ cotangents, normaliser }: ResidualRows,
	largest: Float64Array,
): Matrix {
	const { d } = problem;
	const gradients = Matrix.zeros(count, d);
	const part = new Float64Array(d);
	for (const { keys, values } of keyBlocks(problem, BLOCK_KEYS)) {
		const middleKeys = centred(keys, spans.keyCentre);
		const scores = multiply(queries, middleKeys, { transposeB: true });
		const inner = multiply(cotangents, centredValues(values, spans), { transposeB: true });
		for (let j = 0; j < count; j++) {
			part.fill(0);
			for (let l = 0, at = 0; l < keys.rows; l++) {
				const weight = (Math.exp(scores.at(j, l) - largest[j]) / normaliser[j]) * inner.at(j, l);
				for (let b = 0; b < d; b++) part[b] += weight * middleKeys.data[at++];
			}
			const sums = gradients.row(j);
			for (let b = 0; b < d; b++) sums[b] += part[b];
		}
	}
	return gradients;
}

/** θ of a row. Underflow of weights <= 1 and of their products is counted by the sizes of features, which are at least 1 (`MappedSizes`). */
export function roundingOf(
	{ n, d }: Pick<AttentionProblem<RowSource>, "n" | "d">,
	query: ArrayLike<number>,
	{ keyNorm }: Pick<Spans, "keyNorm">,
): RelativeRounding {
	// <q, k> and the largest score of a row's keys, with the rounding of k − centre.
	const scores = Quantity.sumOfProducts(times(normUp(query), keyNorm), 2 * d + 8);
	// A block's terms; a block's own factor e^(largest − top), where all of these exponents together are at most two scores.
	const blocks = Math.ceil(n / BLOCK_KEYS);
	return RelativeRounding.exponential(scores)
		.and(RelativeRounding.roundings(BLOCK_KEYS + 6 * blocks))
		.and(RelativeRounding.roundings(2 * d + 16));
}
