import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	ColumnShift,
	ComputationError,
	Matrix,
	mapEntries,
	maxAbs,
	multiply,
	type RowSource,
} from "@attgrad/matrix-core";
import { distanceUp, normUp, RelativeRounding } from "../error-bound/index.ts";
import { keyCentres, mayBeExtreme, TypicalSizes, valueCentres } from "./centres.ts";
import { keyBlocks, queryBlocks } from "./row-blocks.ts";

/** Rows read at a time where only ranges are taken. */
const BLOCK_ROWS = 512;

/** Centres, half-ranges and largest sizes of keys and values; arrays hold one number a column. */
export interface Spans {
	/** Midrange of A2_{·b}, or a shift that costs no digits where extremes set that (`keyCentres`). */
	readonly keyCentre: Float64Array;
	/** W_b, at least half the range of A2_{·b} and every |k_lb − centre_b|. */
	readonly keyHalf: Float64Array;
	/** At least every ‖k_l − centre‖. */
	readonly keyNorm: number;
	/** Midrange of h_{·i}, or a shift as for keys (`valueCentres`). */
	readonly valueCentre: Float64Array;
	/** H_i, at least half the range of h_{·i} and every |h_li − centre_i|. */
	readonly valueHalf: Float64Array;
	/** Largest (|A3| |Y|)_{li}: what the rounding of h is relative to. */
	readonly valueSize: Float64Array;
	/** Largest entry of A3. */
	readonly valueInputs: number;
}

/** Gathers the spans of a problem in two passes over keys and values and one over queries. O(nd²). */
export function spansOf(problem: AttentionProblem<RowSource>): Spans {
	const { d } = problem;
	const [keys, values] = [new ColumnShift(d), new ColumnShift(d)];
	const valueSize = new Float64Array(d);
	let valueInputs = 0;
	const absoluteY = mapEntries(problem.Y, Math.abs);
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		keys.add(block.keys.data);
		values.add(block.values.data);
		valueInputs = Math.max(valueInputs, maxAbs(block.inputs));
		reachOf(multiply(mapEntries(block.inputs, Math.abs), absoluteY), valueSize);
	}
	for (const { min, max } of [keys.range, values.range])
		for (const edge of [...max, ...min])
			if (!Number.isFinite(edge))
				throw new ComputationError("failed", `approx-gradient: keys and values must be finite, got ${edge}`);
	const queryReach = new Float64Array(d);
	for (const { queries } of queryBlocks(problem, BLOCK_ROWS)) reachOf(queries, queryReach);
	const { centre: keyCentre, half: keyHalf } = keyCentres(keys, queryReach);
	const typical = new TypicalSizes(d);
	const isExtreme = mayBeExtreme(values);
	let keyNorm = 0;
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		for (let l = 0; l < block.keys.rows; l++) keyNorm = Math.max(keyNorm, distance(block.keys.row(l), keyCentre));
		if (isExtreme) typical.add(block.values.data);
	}
	const { centre: valueCentre, half: valueHalf } = valueCentres(values, typical.sizes());
	return { keyCentre, keyHalf, keyNorm, valueCentre, valueHalf, valueSize, valueInputs };
}

/** Raises `reach` to the largest |entry| of each column. */
function reachOf(rows: Matrix, reach: Float64Array): void {
	for (let at = 0; at < rows.data.length; ) {
		for (let b = 0; b < reach.length; b++, at++) {
			const size = Math.abs(rows.data[at]);
			if (!(size <= reach[b])) reach[b] = size;
		}
	}
}

/** The rounding of a distance by the number of columns, each made once: distances are taken one by one. */
const roundings: RelativeRounding[] = [];
const ofLength = (d: number): RelativeRounding => (roundings[d] ??= RelativeRounding.roundings(d + 4));

/** At least the Euclidean distance of a row from a point, and within d + 4 roundings of it, also where its square leaves the range. */
export function distance(row: ArrayLike<number>, point: ArrayLike<number>): number {
	let sum = 0;
	for (let b = 0; b < row.length; b++) sum += (row[b] - point[b]) ** 2;
	// A square that was lost below the normal range is far below the rounding of such a sum.
	if (sum > 1e-280 && sum < 1e300) return ofLength(row.length).atLeast(Math.sqrt(sum));
	return normUp(Float64Array.from(row, (x, b) => distanceUp(x, point[b])));
}

/** At least the distance of every row from a point. One root for all rows. */
export function largestDistance(rows: Matrix, point: Float64Array): number {
	let most = 0;
	for (let j = 0, at = 0; j < rows.rows; j++) {
		let square = 0;
		for (let b = 0; b < point.length; b++, at++) square += (rows.data[at] - point[b]) ** 2;
		most = Math.max(most, square);
	}
	if (most > 2 ** -900 && most < 2 ** 900) return RelativeRounding.roundings(point.length + 8).atLeast(Math.sqrt(most));
	// Squares are out of the range of numbers: each row is measured.
	let largest = 0;
	for (let j = 0; j < rows.rows; j++) largest = Math.max(largest, distance(rows.row(j), point));
	return largest;
}

/** Rows less a point, in double precision. */
export function centred(rows: Matrix, point: ArrayLike<number>): Matrix {
	const made = Matrix.zeros(rows.rows, rows.cols);
	for (let l = 0, at = 0; l < rows.rows; l++)
		for (let b = 0; b < rows.cols; b++, at++) made.data[at] = rows.data[at] - point[b];
	return made;
}
