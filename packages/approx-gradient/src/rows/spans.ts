import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	ComputationError,
	columnRange,
	Matrix,
	mapEntries,
	maxAbs,
	multiply,
	type RowSource,
} from "@attgrad/matrix-core";
import { keyBlocks } from "./row-blocks.ts";

/** Rows read at a time where only ranges are taken. */
const BLOCK_ROWS = 512;

/** Centres, half-ranges and largest sizes of keys and values; arrays hold one number a column. */
export interface Spans {
	/** Midrange of A2_{·b}. */
	readonly keyCentre: Float64Array;
	/** W_b, half the range of A2_{·b}. */
	readonly keyHalf: Float64Array;
	/** Largest ‖k_l − centre‖. */
	readonly keyNorm: number;
	/** Midrange of h_{·i}. */
	readonly valueCentre: Float64Array;
	/** H_i, half the range of h_{·i}. */
	readonly valueHalf: Float64Array;
	/** Largest (|A3| |Y|)_{li}: what the rounding of h is relative to. */
	readonly valueSize: Float64Array;
	/** Largest entry of A3. */
	readonly valueInputs: number;
}

/** Gathers the spans of a problem in two passes over keys and values. O(nd²). */
export function spansOf(problem: AttentionProblem<RowSource>): Spans {
	const { d } = problem;
	const keys = newRange(d);
	const values = newRange(d);
	const sizes = newRange(d);
	let valueInputs = 0;
	const absoluteY = mapEntries(problem.Y, Math.abs);
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		extend(keys, block.keys);
		extend(values, block.values);
		valueInputs = Math.max(valueInputs, maxAbs(block.inputs));
		extend(sizes, multiply(mapEntries(block.inputs, Math.abs), absoluteY));
	}
	for (const edge of [...keys.max, ...keys.min, ...values.max, ...values.min])
		if (!Number.isFinite(edge))
			throw new ComputationError("failed", `approx-gradient: keys and values must be finite, got ${edge}`);
	const keyCentre = middle(keys);
	let keyNorm = 0;
	for (const block of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < block.keys.rows; l++) keyNorm = Math.max(keyNorm, distance(block.keys.row(l), keyCentre));
	return {
		keyCentre,
		keyHalf: half(keys),
		keyNorm,
		valueCentre: middle(values),
		valueHalf: half(values),
		valueSize: sizes.max,
		valueInputs,
	};
}

/** Euclidean distance of a row from a point. */
export function distance(row: ArrayLike<number>, point: ArrayLike<number>): number {
	let sum = 0;
	for (let b = 0; b < row.length; b++) sum += (row[b] - point[b]) ** 2;
	return Math.sqrt(sum);
}

/** Rows less a point, in double precision. */
export function centred(rows: Matrix, point: ArrayLike<number>): Matrix {
	return Matrix.build(rows.rows, rows.cols, (l, b) => rows.at(l, b) - point[b]);
}

type Range = { readonly min: Float64Array; readonly max: Float64Array };

const newRange = (d: number): Range => ({
	min: new Float64Array(d).fill(Number.POSITIVE_INFINITY),
	max: new Float64Array(d).fill(Number.NEGATIVE_INFINITY),
});

function extend(range: Range, rows: Matrix): void {
	const { min, max } = columnRange(rows);
	for (let b = 0; b < rows.cols; b++) {
		range.min[b] = Math.min(range.min[b], min[b]);
		range.max[b] = Math.max(range.max[b], max[b]);
	}
}

const middle = ({ min, max }: Range): Float64Array => min.map((low, b) => low + (max[b] - low) / 2);

const half = ({ min, max }: Range): Float64Array => min.map((low, b) => ((max[b] - low) / 2) * (1 + 2 ** -50));
