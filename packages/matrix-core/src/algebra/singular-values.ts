import { Matrix, type Numbers } from "../matrix.ts";
import { tridiagonalEigenvalues } from "./symmetric-eigenvalues.ts";

/** Singular values with what they may be off by. */
export interface SingularValues {
	/** min(rows, cols) of them, largest first. */
	readonly values: Float64Array;
	/**
	 * The computed values are those of a matrix that is off from A by at most this in the Frobenius norm: by Hoffman and Wielandt
	 * √(Σ (σ̂_i − σ_i)²) is at most this too.
	 */
	readonly error: number;
}

/**
 * Singular values of a matrix: Householder bidiagonalisation, then the eigenvalues of the tridiagonal matrix [0 bᵀ; b 0] by the implicit
 * QL method, so that small ones are right to u‖A‖ and not only to √u ‖A‖. About (8/3) n³ flops for n x n.
 *
 * The error counts 2n reflections, each off by at most 8(n + 4)u‖A‖_F (Higham, Accuracy and Stability of Numerical Algorithms, Lemma 19.3), and
 * as much again for the rotations of the QL method.
 */
export function singularValues(A: Matrix): SingularValues {
	const tall = A.rows >= A.cols;
	const [m, n] = tall ? [A.rows, A.cols] : [A.cols, A.rows];
	const work = tall ? A.as("f64").copy() : Matrix.build(m, n, (i, j) => A.at(j, i));
	let squares = 0;
	for (const x of work.data) squares += x * x;
	const { diagonal, above } = bidiagonalise(work);
	// Rows and columns interleaved, [0 bᵀ; b 0] is tridiagonal: 0 on the diagonal, d_1, e_1, d_2, … beside it.
	const beside = new Float64Array(2 * n);
	for (let i = 0; i < n; i++) {
		beside[2 * i] = diagonal[i];
		if (i + 1 < n) beside[2 * i + 1] = above[i];
	}
	const values = tridiagonalEigenvalues(new Float64Array(2 * n), beside).slice(0, n);
	return {
		values: values.map((value) => Math.max(0, value)),
		error: 32 * n * (m + 4) * 2 ** -53 * Math.sqrt(squares) * (1 + 1e-6),
	};
}

/**
 * The upper bidiagonal matrix that is orthogonally equivalent to A (rows >= cols): diagonal and above it. A is used up. The reflection of a
 * column and the one of a row are applied in one pass, after one that makes the former's sums: the matrix is read twice a step.
 */
function bidiagonalise({ rows: m, cols: n, data }: Matrix): { diagonal: Float64Array; above: Float64Array } {
	const diagonal = new Float64Array(n);
	const above = new Float64Array(n);
	const v = new Float64Array(m);
	const sums = new Float64Array(n);
	const w = new Float64Array(n);
	for (let k = 0; k < n; k++) {
		let norm = 0;
		for (let i = k; i < m; i++) norm += (v[i] = data[i * n + k]) ** 2;
		norm = Math.sqrt(norm);
		diagonal[k] = v[k] >= 0 ? -norm : norm;
		const half = norm * (norm + Math.abs(v[k]));
		v[k] -= diagonal[k];
		if (k + 1 === n) break;
		sums.fill(0, k + 1);
		if (half > 0) addRows(data, v, sums, k, m, n);
		const own = half > 0 ? v[k] / half : 0;
		norm = 0;
		for (let j = k + 1; j < n; j++) norm += (w[j] = data[k * n + j] - own * sums[j]) ** 2;
		norm = Math.sqrt(norm);
		above[k] = w[k + 1] >= 0 ? -norm : norm;
		const rowHalf = norm * (norm + Math.abs(w[k + 1]));
		w[k + 1] -= above[k];
		const reflection = { v, half, sums, w, rowHalf };
		let i = k + 1;
		for (; i + 4 <= m; i += 4) reflectFour(data, i, k + 1, n, reflection);
		for (; i < m; i++) reflectRow(data, i, k + 1, n, reflection);
	}
	return { diagonal, above };
}

/** Two reflections: rows less v_i / half of the sums, then less their part along w. */
interface Reflections {
	readonly v: Float64Array;
	readonly half: number;
	readonly sums: Float64Array;
	readonly w: Float64Array;
	readonly rowHalf: number;
}

/** Reflects the entries of row i from column `from` on. */
function reflectRow(data: Numbers, i: number, from: number, n: number, reflections: Reflections): void {
	const { v, half, sums, w, rowHalf } = reflections;
	const [weight, at] = [half > 0 ? v[i] / half : 0, i * n];
	let sum = 0;
	for (let j = from; j < n; j++) sum += w[j] * (data[at + j] -= weight * sums[j]);
	if (rowHalf === 0) return;
	const share = sum / rowHalf;
	for (let j = from; j < n; j++) data[at + j] -= share * w[j];
}

/** Reflects four rows from row i on: the same numbers as one by one, in four sums that do not wait for each other. */
function reflectFour(data: Numbers, i: number, from: number, n: number, reflections: Reflections): void {
	const { v, half, sums, w, rowHalf } = reflections;
	const weightOf = (row: number): number => (half > 0 ? v[row] / half : 0);
	const [a, b, c, d] = [weightOf(i), weightOf(i + 1), weightOf(i + 2), weightOf(i + 3)];
	let p = 0;
	let q = 0;
	let r = 0;
	let s = 0;
	for (let j = from, at = i * n + from; j < n; j++, at++) {
		const own = w[j];
		const sum = sums[j];
		p += own * (data[at] -= a * sum);
		q += own * (data[at + n] -= b * sum);
		r += own * (data[at + 2 * n] -= c * sum);
		s += own * (data[at + 3 * n] -= d * sum);
	}
	if (rowHalf === 0) return;
	p /= rowHalf;
	q /= rowHalf;
	r /= rowHalf;
	s /= rowHalf;
	for (let j = from, at = i * n + from; j < n; j++, at++) {
		const own = w[j];
		data[at] -= p * own;
		data[at + n] -= q * own;
		data[at + 2 * n] -= r * own;
		data[at + 3 * n] -= s * own;
	}
}

/** sums_j = Σ_i v_i A_ij for i >= k and j > k, four rows at a time. */
function addRows(data: Numbers, v: Float64Array, sums: Float64Array, k: number, m: number, n: number): void {
	let i = k;
	for (; i + 4 <= m; i += 4) {
		const [a, b, c, d] = [v[i], v[i + 1], v[i + 2], v[i + 3]];
		let at = i * n + k + 1;
		for (let j = k + 1; j < n; j++, at++)
			sums[j] += a * data[at] + b * data[at + n] + (c * data[at + 2 * n] + d * data[at + 3 * n]);
	}
	for (; i < m; i++) for (let j = k + 1; j < n; j++) sums[j] += v[i] * data[i * n + j];
}
