import { Matrix, type Numbers, type RowSource } from "@attgrad/matrix-core";

/** Exponent of the largest power of two that is used at once. */
const STEP = 1000;

/** x · 2^k, for any whole number k: exact, or rounded once where it leaves the normal range. */
export function timesPowerOfTwo(x: number, k: number): number {
	let [result, left] = [x, k];
	while (left !== 0 && result !== 0 && Number.isFinite(result)) {
		const step = Math.max(-STEP, Math.min(STEP, left));
		result *= 2 ** step;
		left -= step;
	}
	return result;
}

/** 2^k for column exponents k, as two factors each, whose product is in the range of every number that it brings near 1. */
function factorsOf(exponents: Int32Array): readonly [Float64Array, Float64Array] {
	const halves = exponents.map((k) => Math.trunc(k / 2));
	return [Float64Array.from(halves, (half) => 2 ** half), Float64Array.from(exponents, (k, b) => 2 ** (k - halves[b]))];
}

/** Multiplies column b of some rows by 2^(exponents_b), in place. */
function scaleColumns(rows: Numbers, [first, second]: readonly [Float64Array, Float64Array]): void {
	const width = first.length;
	for (let at = 0; at < rows.length; ) for (let b = 0; b < width; b++, at++) rows[at] = rows[at] * first[b] * second[b];
}

/** The rows with column b multiplied by 2^(exponents_b): a copy of a matrix, a view of rows that are read. */
export function columnsScaled<Rows extends RowSource>(rows: Rows, exponents: Int32Array): Rows;
export function columnsScaled(rows: RowSource, exponents: Int32Array): RowSource {
	if (exponents.every((k) => k === 0)) return rows;
	const factors = factorsOf(exponents);
	return rowsMapped(rows, (numbers) => scaleColumns(numbers, factors));
}

/** The rows with their numbers changed in place by `change`, which is told the first row: a copy of a matrix, a view of rows that are read. */
export function rowsMapped<Rows extends RowSource>(rows: Rows, change: (numbers: Numbers, first: number) => void): Rows;
export function rowsMapped(rows: RowSource, change: (numbers: Numbers, first: number) => void): RowSource {
	if (rows instanceof Matrix) {
		const data = rows.data.slice();
		change(data, 0);
		return new Matrix(rows.rows, rows.cols, data);
	}
	return {
		rows: rows.rows,
		cols: rows.cols,
		dtype: rows.dtype,
		readRows(from, to, target) {
			rows.readRows(from, to, target);
			change(target.subarray(0, (to - from) * rows.cols), from);
		},
	};
}

/** The rows in double precision: a copy of a matrix, a view of rows that are read. */
export function inDoubles<Rows extends RowSource>(rows: Rows): Rows;
export function inDoubles(rows: RowSource): RowSource {
	if (rows instanceof Matrix) return rows.as("f64");
	return {
		rows: rows.rows,
		cols: rows.cols,
		dtype: "f64",
		readRows: (from, to, target) => rows.readRows(from, to, target),
	};
}

/** The matrix with entry (i, j) multiplied by 2^k(i, j), in its number type. */
export const entriesScaled = (matrix: Matrix, k: (i: number, j: number) => number, dtype = matrix.dtype): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, j) => timesPowerOfTwo(matrix.at(i, j), k(i, j)), dtype);
