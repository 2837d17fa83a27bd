import { UsageError } from "../errors.ts";
import { Matrix } from "../matrix.ts";
import { widerType } from "./products.ts";

/**
 * Kronecker product A ⊗ B: entry (i0·rows(B) + i1, j0·cols(B) + j1) = A[i0, j0] · B[i1, j1].
 * Definition 3.2 of the paper uses it for A1 ⊗ A2, n² x d².
 */
export function kronecker(A: Matrix, B: Matrix): Matrix {
	return Matrix.build(
		A.rows * B.rows,
		A.cols * B.cols,
		(i, j) => A.at(Math.floor(i / B.rows), Math.floor(j / B.cols)) * B.at(i % B.rows, j % B.cols),
		widerType(A, B),
	);
}

/**
 * Row-wise Kronecker product U ⊘ V (n x k1k2): row i is U[i,:] ⊗ V[i,:].
 * Fact A.2: (U1 V1^T) ∘ (U2 V2^T) = (U1 ⊘ U2)(V1 ⊘ V2)^T.
 * @throws UsageError when the numbers of rows differ
 */
export function rowKronecker(U: Matrix, V: Matrix): Matrix {
	if (U.rows !== V.rows) throw new UsageError(`rowKronecker: ${U.rows} and ${V.rows} rows`);
	return Matrix.build(
		U.rows,
		U.cols * V.cols,
		(i, j) => U.at(i, Math.floor(j / V.cols)) * V.at(i, j % V.cols),
		widerType(U, V),
	);
}

/** vec, row-major: the column of the entries of A, row by row (Fact 3.8 holds for this order only). */
export function vec(A: Matrix): Matrix {
	return new Matrix(A.rows * A.cols, 1, A.data.slice());
}

/**
 * The rows x cols matrix whose row-major vec is x.
 * @throws UsageError when x does not have rows·cols entries
 */
export function unvec(x: Matrix, rows: number, cols: number): Matrix {
	return new Matrix(rows, cols, x.data.slice());
}
