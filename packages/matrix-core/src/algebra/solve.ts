import { UsageError } from "../errors.ts";
import { Matrix, unitRoundoff } from "../matrix.ts";
import { maxAbs } from "./reductions.ts";

/**
 * Solves A Z = B by Gaussian elimination with partial pivoting. A is n x n, B is n x k; cost 2n³/3 + 2n²k.
 * @throws UsageError when A is not square, the sizes differ, or A is singular to working precision
 */
export function solve(A: Matrix, B: Matrix): Matrix {
	const n = A.rows;
	if (A.cols !== n || B.rows !== n)
		throw new UsageError(`solve: expected n x n and n x k, got ${A.rows} x ${A.cols} and ${B.rows} x ${B.cols}`);
	const left = A.as("f64").copy();
	const right = B.as("f64").copy();
	const negligible = n * unitRoundoff("f64") * maxAbs(A);
	for (let pivot = 0; pivot < n; pivot++) {
		let best = pivot;
		for (let i = pivot + 1; i < n; i++) if (Math.abs(left.at(i, pivot)) > Math.abs(left.at(best, pivot))) best = i;
		if (!(Math.abs(left.at(best, pivot)) > negligible))
			throw new UsageError(`solve: the matrix is singular (column ${pivot})`);
		swapRows(left, pivot, best);
		swapRows(right, pivot, best);
		for (let i = pivot + 1; i < n; i++) {
			const factor = left.at(i, pivot) / left.at(pivot, pivot);
			if (factor === 0) continue;
			subtractRow(left, i, pivot, factor, pivot);
			subtractRow(right, i, pivot, factor, 0);
		}
	}
	for (let i = n - 1; i >= 0; i--) {
		for (let k = i + 1; k < n; k++) subtractRow(right, i, k, left.at(i, k), 0);
		for (let j = 0; j < right.cols; j++) right.data[i * right.cols + j] /= left.at(i, i);
	}
	return right;
}

function swapRows(A: Matrix, i: number, k: number): void {
	if (i === k) return;
	const kept = A.row(i).slice();
	A.row(i).set(A.row(k));
	A.row(k).set(kept);
}

/** Row i -= factor · row k, from column `start` on. */
function subtractRow(A: Matrix, i: number, k: number, factor: number, start: number): void {
	for (let j = start; j < A.cols; j++) A.data[i * A.cols + j] -= factor * A.at(k, j);
}

/**
 * Householder QR of an m x n matrix, m >= n: Q (m x n) with orthonormal columns, R (n x n) upper triangular with a
 * diagonal >= 0. Cost about 4mn² flops.
 * @throws UsageError when m < n
 */
export function qr(A: Matrix): { Q: Matrix; R: Matrix } {
	const { rows: m, cols: n } = A;
	if (m < n) throw new UsageError(`qr: needs at least as many rows as columns, got ${m} x ${n}`);
	const work = A.as("f64").copy();
	const reflectors: Float64Array[] = [];
	for (let k = 0; k < n; k++) {
		const v = Float64Array.from({ length: m - k }, (_, i) => work.at(k + i, k));
		const norm = euclideanNorm(v);
		if (norm > 0) {
			v[0] += v[0] >= 0 ? norm : -norm;
			const length = euclideanNorm(v);
			for (let i = 0; i < v.length; i++) v[i] /= length;
			reflect(work, v, k);
		}
		reflectors.push(v);
	}
	const Q = Matrix.build(m, n, (i, j) => (i === j ? 1 : 0));
	for (let k = n - 1; k >= 0; k--) if (reflectors[k].some((x) => x !== 0)) reflect(Q, reflectors[k], k);
	const sign = Array.from({ length: n }, (_, k) => (work.at(k, k) < 0 ? -1 : 1));
	return {
		Q: Matrix.build(m, n, (i, j) => sign[j] * Q.at(i, j)),
		R: Matrix.build(n, n, (i, j) => (i <= j ? sign[i] * work.at(i, j) : 0)),
	};
}

/** Square root of the sum of squares, of the entries over the largest, so that nothing overflows or vanishes. */
function euclideanNorm(v: Float64Array): number {
	let largest = 0;
	for (const x of v) largest = Math.max(largest, Math.abs(x));
	if (largest === 0) return 0;
	let sum = 0;
	for (const x of v) sum += (x / largest) ** 2;
	return largest * Math.sqrt(sum);
}

/** Rows k.. of A -= 2 v (v^T A). */
function reflect(A: Matrix, v: Float64Array, k: number): void {
	for (let j = 0; j < A.cols; j++) {
		let inner = 0;
		for (let i = 0; i < v.length; i++) inner += v[i] * A.at(k + i, j);
		for (let i = 0; i < v.length; i++) A.data[(k + i) * A.cols + j] -= 2 * inner * v[i];
	}
}
