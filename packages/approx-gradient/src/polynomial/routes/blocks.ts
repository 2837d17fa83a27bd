import type { AttentionProblem } from "@attgrad/attention-problem";
import { allocateNumbers, type Numbers, type RowSource } from "@attgrad/matrix-core";
import { keyRows, queryRows } from "../../rows/problem-rows.ts";
import { centreRows, type Frame, keyWeights, mapToColumns } from "../method/frame.ts";

/** A block of keys in a frame; overwritten by the next one. */
export interface KeyBlock {
	readonly count: number;
	/** N (k_l - μ), d x count, column by column, in the problem's number type. */
	readonly points: Numbers;
	/** ω_l, as stored. */
	readonly weights: Float64Array;
	/** A2_l - μ, count x d, row-major. */
	readonly keys: Float64Array;
	/** h_l - η, count x d, row-major. */
	readonly values: Float64Array;
}

/** A block of queries in a frame; overwritten by the next one. */
export interface QueryBlock {
	readonly count: number;
	/** Number of each row in the problem. */
	readonly rows: Int32Array;
	/** M (q_j - ν), d x count, column by column, in the problem's number type. */
	readonly points: Numbers;
	/** A1_j, count x d, row-major. */
	readonly inputs: Float64Array;
	/** E_j - η, count x d, row-major. */
	readonly targets: Float64Array;
}

/** The keys of a problem in a frame, block after block. */
export function* keyBlocks(
	problem: AttentionProblem<RowSource>,
	frame: Frame,
	blockRows: number,
): Generator<KeyBlock, void, undefined> {
	const dtype = problem.A1.dtype;
	const points = allocateNumbers(dtype, blockRows * problem.d);
	const centred = new Float64Array(blockRows * problem.d);
	for (const { count, keys, values } of keyRows(problem, blockRows)) {
		centreRows(keys, frame.keyCentre, count, centred);
		centreRows(values, frame.valueCentre, count, values);
		mapToColumns(centred, frame.keyMap, count, points);
		yield { count, points, weights: keyWeights(frame, centred, count, dtype), keys: centred, values };
	}
}

/** The queries of a problem in a frame, block after block. */
export function* queryBlocks(
	problem: AttentionProblem<RowSource>,
	frame: Frame,
	blockRows: number,
): Generator<QueryBlock, void, undefined> {
	const points = allocateNumbers(problem.A1.dtype, blockRows * problem.d);
	const centred = new Float64Array(blockRows * problem.d);
	const rows = new Int32Array(blockRows);
	for (const { from, count, inputs, queries, targets } of queryRows(problem, blockRows)) {
		centreRows(queries, frame.queryCentre, count, centred);
		centreRows(targets, frame.valueCentre, count, targets);
		mapToColumns(centred, frame.queryMap, count, points);
		for (let j = 0; j < count; j++) rows[j] = from + j;
		yield { count, rows, points, inputs, targets };
	}
}

/** ω_l [h_l - η, 1] as the (d + 1) x count columns that key moments are taken against, in the type of `columns`. */
export function weightedValues({ count, weights, values }: KeyBlock, d: number, columns: Numbers): void {
	for (let l = 0; l < count; l++) {
		for (let i = 0; i < d; i++) columns[i * count + l] = weights[l] * values[l * d + i];
		columns[d * count + l] = weights[l];
	}
}
