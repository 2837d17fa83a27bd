import type { Matrix } from "../matrix.ts";

/** Sum of each row, in double precision. */
export function rowSums(A: Matrix): Float64Array {
	const sums = new Float64Array(A.rows);
	for (let i = 0, at = 0; i < A.rows; i++) for (let j = 0; j < A.cols; j++) sums[i] += A.data[at++];
	return sums;
}

/** Sum of each column, in double precision. */
export function columnSums(A: Matrix): Float64Array {
	const sums = new Float64Array(A.cols);
	for (let i = 0, at = 0; i < A.rows; i++) for (let j = 0; j < A.cols; j++) sums[j] += A.data[at++];
	return sums;
}

/** Largest absolute entry, ‖A‖∞ in the paper's sense; 0 for an empty matrix; NaN if any entry is NaN. */
export function maxAbs(A: Matrix): number {
	const { data } = A;
	let largest = 0;
	for (let at = 0; at < data.length; at++) {
		const size = Math.abs(data[at]);
		if (size <= largest) continue;
		if (Number.isNaN(size)) return size;
		largest = size;
	}
	return largest;
}

/** Largest absolute difference of the entries of two matrices; Infinity where the shapes differ, NaN if any difference is. */
export function maxAbsDifference(A: Matrix, B: Matrix): number {
	if (A.rows !== B.rows || A.cols !== B.cols) return Number.POSITIVE_INFINITY;
	let largest = 0;
	for (let at = 0; at < A.data.length; at++) {
		const size = Math.abs(A.data[at] - B.data[at]);
		if (Number.isNaN(size)) return size;
		if (size > largest) largest = size;
	}
	return largest;
}

/** Frobenius norm; squares do not overflow. */
export function frobeniusNorm(A: Matrix): number {
	const largest = maxAbs(A);
	if (largest === 0 || !Number.isFinite(largest)) return largest;
	let sum = 0;
	for (const a of A.data) sum += (a / largest) ** 2;
	return largest * Math.sqrt(sum);
}

/** Euclidean norm of each row. */
export function rowNorms(A: Matrix): Float64Array {
	const norms = new Float64Array(A.rows);
	for (let i = 0, at = 0; i < A.rows; i++) {
		let sum = 0;
		for (let j = 0; j < A.cols; j++, at++) sum += A.data[at] ** 2;
		norms[i] = Math.sqrt(sum);
	}
	return norms;
}

/** Least and largest entry of each column, NaN passed over; Infinity and -Infinity where there is none. */
export function columnRange(A: Matrix): { min: Float64Array; max: Float64Array } {
	const min = new Float64Array(A.cols).fill(Number.POSITIVE_INFINITY);
	const max = new Float64Array(A.cols).fill(Number.NEGATIVE_INFINITY);
	for (let i = 0, at = 0; i < A.rows; i++)
		for (let j = 0; j < A.cols; j++, at++) {
			const a = A.data[at];
			if (a < min[j]) min[j] = a;
			if (a > max[j]) max[j] = a;
		}
	return { min, max };
}

/** Sum of the diagonal. */
export function trace(A: Matrix): number {
	let sum = 0;
	for (let i = 0; i < Math.min(A.rows, A.cols); i++) sum += A.at(i, i);
	return sum;
}
