import { Matrix, UsageError } from "@attgrad/matrix-core";

/**
 * Eigenvalues (descending) and orthonormal eigenvectors (columns of U) of a symmetric matrix, A = U diag(values) Uᵀ, by
 * Jacobi's rotations: simple and accurate for the d x d matrices here. O(d³) a sweep, some ten sweeps.
 * @throws UsageError when A is not square
 */
export function symmetricEigen(A: Matrix): { values: Float64Array; U: Matrix } {
	const d = A.rows;
	if (A.cols !== d) throw new UsageError(`symmetricEigen: expected a square matrix, got ${d} x ${A.cols}`);
	const work = A.as("f64").copy();
	const vectors = Matrix.identity(d);
	for (let sweep = 0; sweep < 60 && offDiagonal(work) > 0; sweep++)
		for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(work, vectors, p, q);
	const order = Array.from({ length: d }, (_, i) => i).sort((i, j) => work.at(j, j) - work.at(i, i));
	return {
		values: Float64Array.from(order, (i) => work.at(i, i)),
		U: Matrix.build(d, d, (i, j) => vectors.at(i, order[j])),
	};
}

/** Largest entry off the diagonal that is not negligible beside the diagonal; 0 when done. */
function offDiagonal(A: Matrix): number {
	let largest = 0;
	for (let p = 0; p < A.rows; p++)
		for (let q = p + 1; q < A.rows; q++) {
			const size = Math.abs(A.at(p, q));
			if (size > 2 ** -60 * Math.sqrt(Math.abs(A.at(p, p) * A.at(q, q)))) largest = Math.max(largest, size);
		}
	return largest;
}

/** Makes entry (p, q) zero by a rotation of rows and columns p and q. */
function rotate(A: Matrix, vectors: Matrix, p: number, q: number): void {
	const off = A.at(p, q);
	if (off === 0) return;
	const theta = (A.at(q, q) - A.at(p, p)) / (2 * off);
	const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
	const cosine = 1 / Math.sqrt(t * t + 1);
	const sine = t * cosine;
	const d = A.rows;
	for (let i = 0; i < d; i++) turn(A, i * d + p, i * d + q, cosine, sine);
	for (let i = 0; i < d; i++) turn(A, p * d + i, q * d + i, cosine, sine);
	for (let i = 0; i < d; i++) turn(vectors, i * d + p, i * d + q, cosine, sine);
}

function turn(A: Matrix, p: number, q: number, cosine: number, sine: number): void {
	const [x, y] = [A.data[p], A.data[q]];
	A.data[p] = cosine * x - sine * y;
	A.data[q] = sine * x + cosine * y;
}
