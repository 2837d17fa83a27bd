import { Matrix } from "@attgrad/matrix-core";
import {
	distanceUp,
	LEAST_NORMAL,
	normUp,
	plus,
	RelativeRounding,
	rootUp,
	sumUp,
	times,
} from "../error-bound/index.ts";

/** Lengths of the rows of a matrix, each at least. */
export const rowLengths = (x: Matrix): Float64Array =>
	Float64Array.from({ length: x.rows }, (_, row) => normUp(x.row(row)));

/** At least the Frobenius norm. */
export const frobenius = (x: Matrix): number => normUp(rowLengths(x));

/** At least the spectral norm: the Frobenius norm, or √(‖x‖₁ ‖x‖∞) where that is less. */
export function spectral(x: Matrix): number {
	const columns = new Float64Array(x.cols);
	let rows = 0;
	for (let i = 0; i < x.rows; i++) {
		let sum = 0;
		for (let j = 0; j < x.cols; j++) {
			const size = Math.abs(x.at(i, j));
			sum = plus(sum, size);
			columns[j] = plus(columns[j], size);
		}
		rows = Math.max(rows, sum);
	}
	const most = columns.reduce((a, b) => Math.max(a, b), 0);
	// √a √b does not leave the range.
	return Math.min(frobenius(x), times(rootUp(rows), rootUp(most)));
}

/**
 * At least the length of what a row of a product A B loses: `depth` products and sums an entry, rows of A of that length, B of that Frobenius
 * norm; and what is lost below the normal range of each of `cols` entries.
 */
export const productRounding = (depth: number, row: number, B: number, cols: number): number =>
	plus(times(RelativeRounding.roundings(depth + 1).bound, times(row, B)), times(depth * cols, LEAST_NORMAL));

/** At least max_l ‖x_l - m‖ over rows, m the middle of their box. */
export function spread(x: Matrix): number {
	const middle = Float64Array.from({ length: x.cols }, (_, j) => {
		let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
		for (let i = 0; i < x.rows; i++) {
			least = Math.min(least, x.at(i, j));
			most = Math.max(most, x.at(i, j));
		}
		return least / 2 + most / 2;
	});
	let most = 0;
	const row = new Float64Array(x.cols);
	for (let i = 0; i < x.rows; i++) {
		for (let j = 0; j < x.cols; j++) row[j] = distanceUp(x.at(i, j), middle[j]);
		most = Math.max(most, normUp(row));
	}
	return most;
}

/** At least Σ_j a_j b_j of lengths. */
export function pairs(a: ArrayLike<number>, b: ArrayLike<number>): number {
	return sumUp(Array.from(a, (x, j) => times(x, b[j])));
}

/** The largest of numbers that are not negative. */
export function largest(x: ArrayLike<number>): number {
	let most = 0;
	for (let i = 0; i < x.length; i++) most = Math.max(most, x[i]);
	return most;
}

/** The columns from..to-1. */
export const columnsOf = (x: Matrix, from: number, to: number): Matrix =>
	Matrix.build(x.rows, to - from, (i, j) => x.at(i, from + j));
