import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type RowSource } from "@attgrad/matrix-core";
import { powerUp, times } from "../error-bound/index.ts";
import { largestRadius } from "../polynomial/families/family.ts";
import { keyBlocks, queryBlocks } from "../rows/row-blocks.ts";
import { distance } from "../rows/spans.ts";

const BLOCK_ROWS = 512;

/**
 * Coordinates of the kernel e^<x, y>: x_j = q_j / t and y_l = t (k_l − centre) with t² = max‖q‖ / max‖k‖, so that queries
 * and keys are equally long; keys are centred at their mean, which cancels in the softmax (paper.md 8.2).
 */
export interface KernelScale {
	readonly t: number;
	/** Mean of the keys. */
	readonly centre: Float64Array;
	/** M: largest ‖y_l‖². */
	readonly largest: number;
	/** R: bound on every |<x_j, y_l>|. */
	readonly radius: number;
}

/** Finds the scale in two passes over keys and one over queries. O(nd²). */
export function kernelScale(problem: AttentionProblem<RowSource>): KernelScale {
	const { n, d } = problem;
	const centre = new Float64Array(d);
	for (const { keys } of keyBlocks(problem, BLOCK_ROWS))
		for (let at = 0; at < keys.data.length; at++) centre[at % d] += keys.data[at] / n;
	const origin = new Float64Array(d);
	let [keyNorm, queryNorm] = [0, 0];
	for (const { keys } of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < keys.rows; l++) keyNorm = Math.max(keyNorm, distance(keys.row(l), centre));
	for (const { queries } of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < queries.rows; j++) queryNorm = Math.max(queryNorm, distance(queries.row(j), origin));
	const t = queryNorm > 0 && keyNorm > 0 ? Math.sqrt(queryNorm) / Math.sqrt(keyNorm) : 1;
	return { t, centre, largest: powerUp(times(t, keyNorm), 2), radius: times(queryNorm, keyNorm) };
}

/**
 * The scale itself, where features e^(<y, y'> − M) of ordinary keys are numbers above 0.
 * @throws ComputationError (invalid) where keys are so far from their mean that the features of ordinary ones are 0 in double precision
 */
export function requireNumbers(algorithm: string, scale: KernelScale): KernelScale {
	if (scale.largest <= largestRadius) return scale;
	throw new ComputationError(
		"invalid",
		`${algorithm}: scores reach ${scale.radius.toPrecision(4)}, and its features are 0 beyond ${largestRadius}; where far keys are masks, use streaming, support-basis or hybrid`,
	);
}

/** Rows y_l = t (k_l − centre). */
export const scaledKeys = (keys: Matrix, { t, centre }: KernelScale): Matrix =>
	Matrix.build(keys.rows, keys.cols, (l, b) => t * (keys.at(l, b) - centre[b]));

/** Rows x_j = q_j / t. */
export const scaledQueryRows = (queries: Matrix, { t }: KernelScale): Matrix =>
	Matrix.build(queries.rows, queries.cols, (j, b) => queries.at(j, b) / t);

/** ‖row‖² of each row. */
export function squaredNorms({ rows, cols, data }: Matrix): Float64Array {
	const squares = new Float64Array(rows);
	for (let j = 0, at = 0; j < rows; j++) {
		let sum = 0;
		for (const end = at + cols; at < end; at++) sum += data[at] * data[at];
		squares[j] = sum;
	}
	return squares;
}
