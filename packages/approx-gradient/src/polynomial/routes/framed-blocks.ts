import type { AttentionProblem } from "@attgrad/attention-problem";
import { allocateNumbers, type Numbers, type RowSource } from "@attgrad/matrix-core";
import { type KeyBlock, keyBlocks, type QueryBlock, queryBlocks } from "../../rows/row-blocks.ts";
import { centreRows, type Frame, keyWeights, mapToColumns } from "../method/frame.ts";

/** A block of keys in a frame: `keys` are A2_l - μ, `values` are h_l - η. */
export interface FramedKeys extends KeyBlock {
	/** N (k_l - μ), d x count, column by column, in the problem's number type. */
	readonly points: Numbers;
	/** ω_l, as stored. */
	readonly weights: Float64Array;
}

/** A block of queries in a frame: `queries` are q_j - ν, `targets` are E_j - η. */
export interface FramedQueries extends QueryBlock {
	/** M (q_j - ν), d x count, column by column, in the problem's number type. */
	readonly points: Numbers;
}

/** The keys of a problem in a frame, block after block, in the same storage. */
export function* framedKeys(
	problem: AttentionProblem<RowSource>,
	frame: Frame,
	blockRows: number,
): Generator<FramedKeys, void, undefined> {
	const dtype = problem.A1.dtype;
	const points = allocateNumbers(dtype, blockRows * problem.d);
	for (const block of keyBlocks(problem, blockRows)) {
		const { count, keys, values } = block;
		centreRows(keys.data, frame.keyCentre, count, keys.data);
		centreRows(values.data, frame.valueCentre, count, values.data);
		mapToColumns(keys.data, frame.keyMap, count, points);
		yield { ...block, points, weights: keyWeights(frame, keys.data, count, dtype) };
	}
}

/** The queries of a problem in a frame, block after block, in the same storage. */
export function* framedQueries(
	problem: AttentionProblem<RowSource>,
	frame: Frame,
	blockRows: number,
): Generator<FramedQueries, void, undefined> {
	const points = allocateNumbers(problem.A1.dtype, blockRows * problem.d);
	for (const block of queryBlocks(problem, blockRows, "inputs")) {
		const { count, queries, targets } = block;
		centreRows(queries.data, frame.queryCentre, count, queries.data);
		centreRows(targets.data, frame.valueCentre, count, targets.data);
		mapToColumns(queries.data, frame.queryMap, count, points);
		yield { ...block, points };
	}
}

/** ω_l [h_l - η, 1] as the (d + 1) x count columns that key moments are taken against, in the type of `columns`. */
export function weightedValues({ count, weights, values }: FramedKeys, d: number, columns: Numbers): void {
	const h = values.data;
	for (let l = 0; l < count; l++) {
		for (let i = 0; i < d; i++) columns[i * count + l] = weights[l] * h[l * d + i];
		columns[d * count + l] = weights[l];
	}
}
