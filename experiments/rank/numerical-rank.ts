import { frobeniusNorm, Matrix, symmetricEigenvalues } from "@attgrad/matrix-core";

/**
 * Singular values of a square matrix, largest first: the eigenvalues that are not negative of [0 A; Aᵀ 0], so that small
 * ones are right to u ‖A‖ and not only to √u ‖A‖. O(n³) for n x n.
 */
export function singularValues(A: Matrix): Float64Array {
	const n = A.rows;
	const values = symmetricEigenvalues(
		Matrix.build(2 * n, 2 * n, (i, j) => (i < n === j < n ? 0 : i < n ? A.at(i, j - n) : A.at(j, i - n))),
	);
	return Float64Array.from(values)
		.sort((a, b) => b - a)
		.slice(0, n)
		.map((value) => Math.max(0, value));
}

/** Least rank of a matrix within δ ‖A‖_F of one with these singular values (Eckart and Young). */
export function rankWithin(values: Float64Array, delta: number): number {
	const total = values.reduce((sum, value) => sum + value * value, 0);
	let tail = 0;
	let rank = values.length;
	while (rank > 0) {
		tail += values[rank - 1] ** 2;
		if (tail > delta * delta * total) break;
		rank--;
	}
	return rank;
}

/**
 * Least number of the given columns of keys, in their order, whose Nyström approximation C W⁻¹ Rᵀ is within δ ‖A‖_F of
 * A, for each δ of a falling list: C = kernel(X, pivots), R = kernel(Y, pivots), W = kernel(pivots, pivots). O(n² K).
 * @param A kernel of the queries with the keys, n x n
 * @param ownKernel kernel of the keys with themselves, n x n
 * @returns as many as were reached before the pivots ended
 */
export function nystromRanks(
	A: Matrix,
	ownKernel: Matrix,
	pivots: readonly number[],
	deltas: readonly number[],
): number[] {
	const n = A.rows;
	const size = frobeniusNorm(A);
	const rest = Matrix.build(n, n, (j, l) => A.at(j, l));
	const own = Matrix.build(n, n, (l, m) => ownKernel.at(l, m));
	const reached: number[] = [];
	for (const [count, pivot] of pivots.entries()) {
		const diagonal = own.at(pivot, pivot);
		// Both are eliminated with the same pivot of the keys: A loses C W⁻¹ Rᵀ, one rank a step.
		const across = Float64Array.from({ length: n }, (_, l) => own.at(pivot, l) / diagonal);
		for (const matrix of [rest, own]) {
			for (let j = 0; j < n; j++) {
				const row = matrix.row(j);
				const factor = row[pivot];
				for (let l = 0; l < n; l++) row[l] -= factor * across[l];
			}
		}
		const error = frobeniusNorm(rest) / size;
		while (reached.length < deltas.length && error <= deltas[reached.length]) reached.push(count + 1);
		if (reached.length === deltas.length) break;
	}
	return reached;
}

/**
 * Number of independent positive random features with which the expected squared error is δ² ‖A‖_F²: an entry of A has
 * relative variance (e^(‖x + y‖²) − 1)/K (paper.md 8.4). Closed form, O(n²d).
 */
export function randomFeatureCount(A: Matrix, queries: Matrix, keys: Matrix, delta: number): number {
	let variance = 0;
	for (let j = 0; j < queries.rows; j++)
		for (let l = 0; l < keys.rows; l++) {
			let square = 0;
			for (let b = 0; b < queries.cols; b++) square += (queries.at(j, b) + keys.at(l, b)) ** 2;
			variance += A.at(j, l) ** 2 * Math.expm1(square);
		}
	return variance / (delta * frobeniusNorm(A)) ** 2;
}
