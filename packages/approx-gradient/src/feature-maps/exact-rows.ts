import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { centredValues, type ResidualRows, residualRows } from "../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock } from "../rows/row-blocks.ts";
import { centred, type Spans } from "../rows/spans.ts";
import type { RowErrors } from "./error-sums.ts";

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
 * O(count · 512). The row's largest score is subtracted, so that scores of any size are safe.
 */
export function exactRows(
	algorithm: string,
	problem: AttentionProblem<RowSource>,
	block: QueryBlock,
	spans: Spans,
): ExactRows {
	const { d } = problem;
	const { count } = block;
	const largest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
	const N = Matrix.zeros(count, d + 1);
	for (const { keys, values } of keyBlocks(problem, BLOCK_KEYS)) {
		const scores = multiply(block.queries, centred(keys, spans.keyCentre), { transposeB: true });
		const h = centredValues(values, spans);
		for (let j = 0; j < count; j++) {
			const row = scores.row(j);
			let top = largest[j];
			for (let l = 0; l < row.length; l++) top = Math.max(top, row[l]);
			const sums = N.row(j);
			const shrink = Math.exp(largest[j] - top);
			for (let i = 0; i <= d; i++) sums[i] *= shrink;
			for (let l = 0, at = 0; l < row.length; l++) {
				const weight = Math.exp(row[l] - top);
				for (let i = 0; i <= d; i++) sums[i] += weight * h.data[at++];
			}
			largest[j] = top;
		}
	}
	const residuals = residualRows(algorithm, block, N, spans);
	const queryGradients = Matrix.zeros(count, d);
	for (const { keys, values } of keyBlocks(problem, BLOCK_KEYS)) {
		const middleKeys = centred(keys, spans.keyCentre);
		const scores = multiply(block.queries, middleKeys, { transposeB: true });
		const inner = multiply(residuals.cotangents, centredValues(values, spans), { transposeB: true });
		for (let j = 0; j < count; j++) {
			const sums = queryGradients.row(j);
			for (let l = 0, at = 0; l < keys.rows; l++) {
				const weight = (Math.exp(scores.at(j, l) - largest[j]) / residuals.normaliser[j]) * inner.at(j, l);
				for (let b = 0; b < d; b++) sums[b] += weight * middleKeys.data[at++];
			}
		}
	}
	const u = unitRoundoff("f64");
	return {
		residuals,
		queryGradients,
		errors: {
			form: "l1",
			tau: new Float64Array(count),
			rounding: Float64Array.from({ length: count }, (_, j) => {
				const size = Math.hypot(...block.queries.row(j)) * spans.keyNorm;
				return u * (BLOCK_KEYS + problem.n / BLOCK_KEYS + 8 + (2 * d + 8) * (1 + size));
			}),
		},
	};
}
