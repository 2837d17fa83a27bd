import { UsageError } from "../errors.ts";
import type { Matrix } from "../matrix.ts";
import { maxAbs } from "./reductions.ts";

/**
 * Eigenvalues of a symmetric matrix, largest first: Householder tridiagonalisation, then the implicit QL method.
 * Absolute error a small multiple of u‖A‖: eigenvalues far below the largest have no correct digits. Cost about (4/3)n³ flops; only the lower triangle is read.
 * Source: Wilkinson and Reinsch, Handbook for Automatic Computation II, tred1 and imtql1.
 * @throws UsageError when A is not square
 */
export function symmetricEigenvalues(A: Matrix): Float64Array {
	if (A.rows !== A.cols)
		throw new UsageError(`symmetric eigenvalues: expected a square matrix, got ${A.rows} x ${A.cols}`);
	const { diagonal, below } = tridiagonalise(A);
	return tridiagonalEigenvalues(diagonal, below);
}

/** Eigenvalues, largest first, of the symmetric tridiagonal matrix with below[i] next to diagonal[i] and [i + 1]; both arrays are used up. */
export function tridiagonalEigenvalues(diagonal: Float64Array, below: Float64Array): Float64Array {
	implicitQl(diagonal, below);
	return diagonal.sort().reverse();
}

/** The tridiagonal matrix orthogonally similar to A: its diagonal, and below[i] next to diagonal[i] and [i + 1]. */
function tridiagonalise(A: Matrix): { diagonal: Float64Array; below: Float64Array } {
	const n = A.rows;
	const work = A.as("f64").copy();
	const below = new Float64Array(Math.max(n, 1));
	const v = new Float64Array(n);
	const p = new Float64Array(n);
	// a column this small is dropped, before its square is no double any more
	const negligible = (Number.EPSILON / 16) * maxAbs(work);
	for (let k = 0; k < n - 2; k++) {
		let norm = 0;
		for (let i = k + 1; i < n; i++) norm = Math.hypot(norm, (v[i] = work.at(i, k)));
		if (norm <= negligible) continue;
		const pivot = v[k + 1] >= 0 ? norm : -norm;
		v[k + 1] += pivot;
		below[k] = -pivot;
		const half = pivot * v[k + 1]; // ½ ‖v‖²
		p.fill(0);
		for (let i = k + 1; i < n; i++) {
			const row = work.row(i);
			let sum = 0;
			for (let j = k + 1; j < i; j++) {
				sum += row[j] * v[j];
				p[j] += row[j] * v[i];
			}
			p[i] += sum + row[i] * v[i];
		}
		let inner = 0;
		for (let i = k + 1; i < n; i++) inner += (p[i] /= half) * v[i];
		for (let i = k + 1; i < n; i++) p[i] -= (inner / (2 * half)) * v[i];
		for (let i = k + 1; i < n; i++) {
			const row = work.row(i);
			for (let j = k + 1; j <= i; j++) row[j] -= v[i] * p[j] + p[i] * v[j];
		}
	}
	if (n > 1) below[n - 2] = work.at(n - 1, n - 2);
	return { diagonal: Float64Array.from({ length: n }, (_, i) => work.at(i, i)), below };
}

/** More sweeps than this for one eigenvalue do not happen. */
const MOST_SWEEPS = 60;

/** Turns `diagonal` into the eigenvalues; `below` is used up. */
function implicitQl(diagonal: Float64Array, below: Float64Array): void {
	const n = diagonal.length;
	const size = diagonal.reduce((largest, x, i) => Math.max(largest, Math.abs(x) + Math.abs(below[i])), 0);
	const negligible = (Number.EPSILON / 2) * size;
	for (let l = 0; l < n; l++)
		for (let sweep = 0; ; sweep++) {
			let m = l;
			while (m < n - 1 && Math.abs(below[m]) > negligible) m++;
			if (m === l) break;
			if (sweep === MOST_SWEEPS) throw new Error(`symmetric eigenvalues: no convergence after ${MOST_SWEEPS} sweeps`);
			qlSweep(diagonal, below, l, m);
		}
}

/** One implicitly shifted QL sweep of the block l..m. */
function qlSweep(diagonal: Float64Array, below: Float64Array, l: number, m: number): void {
	let g = (diagonal[l + 1] - diagonal[l]) / (2 * below[l]);
	g = diagonal[m] - diagonal[l] + below[l] / (g + (g >= 0 ? Math.hypot(g, 1) : -Math.hypot(g, 1)));
	let [sine, cosine, shift] = [1, 1, 0];
	for (let i = m - 1; i >= l; i--) {
		const f = sine * below[i];
		const b = cosine * below[i];
		const radius = Math.hypot(f, g);
		below[i + 1] = radius;
		if (radius === 0) {
			diagonal[i + 1] -= shift;
			below[m] = 0;
			return;
		}
		sine = f / radius;
		cosine = g / radius;
		g = diagonal[i + 1] - shift;
		const turned = (diagonal[i] - g) * sine + 2 * cosine * b;
		shift = sine * turned;
		diagonal[i + 1] = g + shift;
		g = cosine * turned - b;
	}
	diagonal[l] -= shift;
	below[l] = g;
	below[m] = 0;
}
