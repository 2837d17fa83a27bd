import type { Matrix } from "@attgrad/matrix-core";

/**
 * Singular values of a square matrix, largest first: Householder's reduction to a bidiagonal matrix, then implicitly shifted QR
 * steps on it. Absolute error a small multiple of u ‖A‖. About (8/3)n³ flops, and twice the digits that eigenvalues of AᵀA give.
 * Source: Golub and Van Loan, Matrix Computations, 5.4.8 and 8.6.2.
 */
export function singularValues(A: Matrix): Float64Array {
	const n = A.rows;
	if (A.cols !== n) throw new Error(`singular values: expected a square matrix, got ${n} x ${A.cols}`);
	const { diagonal, above } = bidiagonalise(Float64Array.from(A.data), n);
	diagonalise(diagonal, above);
	return diagonal.map(Math.abs).sort().reverse();
}

/** Diagonal and superdiagonal (above[i] beside diagonal[i]) of a bidiagonal matrix with the singular values of `a`, which is used up. */
function bidiagonalise(a: Float64Array, n: number): { diagonal: Float64Array; above: Float64Array } {
	const diagonal = new Float64Array(n);
	const above = new Float64Array(n);
	const sums = new Float64Array(n);
	for (let k = 0; k < n; k++) {
		diagonal[k] = reflectColumn(a, n, k, sums);
		if (k < n - 1) above[k] = reflectRow(a, n, k);
	}
	return { diagonal, above };
}

/** Makes column k zero below the diagonal, by a reflection of rows k..n-1; gives the entry on the diagonal. */
function reflectColumn(a: Float64Array, n: number, k: number, sums: Float64Array): number {
	let square = 0;
	for (let i = k; i < n; i++) square += a[i * n + k] ** 2;
	if (square === 0) return 0;
	const head = a[k * n + k];
	const pivot = head >= 0 ? -Math.sqrt(square) : Math.sqrt(square);
	a[k * n + k] = head - pivot;
	const scale = 1 / (pivot * (head - pivot));
	sums.fill(0, k + 1);
	for (let i = k; i < n; i++) {
		const v = a[i * n + k];
		for (let j = k + 1, at = i * n + j; j < n; j++, at++) sums[j] += v * a[at];
	}
	for (let i = k; i < n; i++) {
		const v = a[i * n + k] * scale;
		for (let j = k + 1, at = i * n + j; j < n; j++, at++) a[at] += v * sums[j];
	}
	return pivot;
}

/** Makes row k zero right of the superdiagonal, by a reflection of columns k+1..n-1; gives the entry on it. */
function reflectRow(a: Float64Array, n: number, k: number): number {
	const row = a.subarray(k * n, (k + 1) * n);
	let square = 0;
	for (let j = k + 1; j < n; j++) square += row[j] ** 2;
	if (square === 0) return 0;
	const head = row[k + 1];
	const pivot = head >= 0 ? -Math.sqrt(square) : Math.sqrt(square);
	row[k + 1] = head - pivot;
	const scale = 1 / (pivot * (head - pivot));
	for (let i = k + 1; i < n; i++) {
		let sum = 0;
		for (let j = k + 1, at = i * n + j; j < n; j++, at++) sum += row[j] * a[at];
		sum *= scale;
		for (let j = k + 1, at = i * n + j; j < n; j++, at++) a[at] += sum * row[j];
	}
	return pivot;
}

/** More steps than this for one singular value do not happen. */
const MOST_STEPS = 60;

/** Turns `d` into the singular values, in no order and with signs; `e`, above it, is used up. */
function diagonalise(d: Float64Array, e: Float64Array): void {
	const size = d.reduce((largest, x, i) => Math.max(largest, Math.abs(x), Math.abs(e[i])), 0);
	const negligible = (Number.EPSILON / 2) * size;
	for (let last = d.length - 1; last > 0; last--)
		for (let step = 0; Math.abs(e[last - 1]) > negligible; step++) {
			if (step === MOST_STEPS) throw new Error(`singular values: no convergence after ${MOST_STEPS} steps`);
			let first = last - 1;
			while (first > 0 && Math.abs(e[first - 1]) > negligible) first--;
			qrStep(d, e, first, last, negligible);
		}
}

/**
 * One QR step on the block first..last, with Wilkinson's shift; without one where the block is singular, which takes its zero out
 * at the end.
 */
function qrStep(d: Float64Array, e: Float64Array, first: number, last: number, negligible: number): void {
	let singular = false;
	for (let i = first; i <= last; i++) singular ||= Math.abs(d[i]) <= negligible;
	const shift = singular ? 0 : shiftOf(d, e, first, last);
	let [y, z] = [d[first] ** 2 - shift, d[first] * e[first]];
	for (let k = first; k < last; k++) {
		// columns k and k + 1
		let { c, s, r } = rotation(y, z);
		if (k > first) e[k - 1] = r;
		[y, e[k]] = [c * d[k] + s * e[k], c * e[k] - s * d[k]];
		[z, d[k + 1]] = [s * d[k + 1], c * d[k + 1]];
		// rows k and k + 1
		({ c, s, r } = rotation(y, z));
		d[k] = r;
		[e[k], d[k + 1]] = [c * e[k] + s * d[k + 1], c * d[k + 1] - s * e[k]];
		y = e[k];
		if (k < last - 1) [z, e[k + 1]] = [s * e[k + 1], c * e[k + 1]];
	}
}

/** The eigenvalue of the last 2 x 2 block of BᵀB that is closer to its last entry. */
function shiftOf(d: Float64Array, e: Float64Array, first: number, last: number): number {
	const before = last - 1 > first ? e[last - 2] : 0;
	const top = d[last - 1] ** 2 + before ** 2;
	const corner = d[last - 1] * e[last - 1];
	const bottom = d[last] ** 2 + e[last - 1] ** 2;
	if (corner === 0) return bottom;
	const half = (top - bottom) / 2;
	return bottom - corner ** 2 / (half + (half >= 0 ? 1 : -1) * Math.hypot(half, corner));
}

/** Cosine and sine that turn (y, z) into (r, 0). */
function rotation(y: number, z: number): { c: number; s: number; r: number } {
	const r = Math.hypot(y, z);
	return r === 0 ? { c: 1, s: 0, r } : { c: y / r, s: z / r, r };
}
