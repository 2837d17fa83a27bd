import { UsageError } from "../errors.ts";
import { Matrix } from "../matrix.ts";
import { widerType } from "./products.ts";

function combine(name: string, A: Matrix, B: Matrix, of: (a: number, b: number) => number): Matrix {
	if (A.rows !== B.rows || A.cols !== B.cols)
		throw new UsageError(`${name}: shapes differ: ${A.rows} x ${A.cols} and ${B.rows} x ${B.cols}`);
	const made = Matrix.zeros(A.rows, A.cols, widerType(A, B));
	for (let at = 0; at < made.data.length; at++) made.data[at] = of(A.data[at], B.data[at]);
	return made;
}

/** A + B. In the wider of the two number types. @throws UsageError when the shapes differ */
export const add = (A: Matrix, B: Matrix): Matrix => combine("add", A, B, (a, b) => a + b);

/** A - B. In the wider of the two number types. @throws UsageError when the shapes differ */
export const subtract = (A: Matrix, B: Matrix): Matrix => combine("subtract", A, B, (a, b) => a - b);

/** Entrywise product A ∘ B. In the wider of the two number types. @throws UsageError when the shapes differ */
export const hadamard = (A: Matrix, B: Matrix): Matrix => combine("hadamard", A, B, (a, b) => a * b);

/** Entry by entry, of(a), in the number type of A. */
export function mapEntries(A: Matrix, of: (a: number) => number): Matrix {
	const made = Matrix.zeros(A.rows, A.cols, A.dtype);
	for (let at = 0; at < made.data.length; at++) made.data[at] = of(A.data[at]);
	return made;
}

/** factor · A, in its number type. */
export const scale = (A: Matrix, factor: number): Matrix => mapEntries(A, (a) => factor * a);

/** exp, entry by entry, in the number type of A. */
export const exp = (A: Matrix): Matrix => mapEntries(A, Math.exp);

/**
 * diag(factors) A: row i times factors[i].
 * @throws UsageError when the number of factors is not the number of rows
 */
export function scaleRows(A: Matrix, factors: ArrayLike<number>): Matrix {
	if (factors.length !== A.rows) throw new UsageError(`scaleRows: ${A.rows} rows, ${factors.length} factors`);
	return Matrix.build(A.rows, A.cols, (i, j) => factors[i] * A.at(i, j), A.dtype);
}
