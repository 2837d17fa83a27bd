import { Matrix, multiply, transpose } from "@attgrad/matrix-core";
import { maxUp, plus, sumUp, times } from "../../error-bound/index.ts";
import { productErrors } from "./moved-operands.ts";

/** A gradient, and what its entries may be off by. */
export interface Bounded {
	readonly gradient: Matrix;
	readonly bound: number;
}

/** Aᵀ G for rows G_j that are off by e_j an entry: Σ_j |A_ja| e_j, and the rounding of the sums of n terms. */
export function inner(A: Matrix, G: Matrix, errors: Float64Array): Bounded {
	const sums = new Float64Array(A.cols);
	for (let j = 0; j < A.rows; j++)
		for (let a = 0; a < A.cols; a++) sums[a] = plus(sums[a], times(Math.abs(A.at(j, a)), errors[j]));
	const sizes = Matrix.zeros(A.cols, G.cols);
	for (let j = 0; j < A.rows; j++)
		for (let a = 0; a < A.cols; a++)
			for (let i = 0; i < G.cols; i++)
				sizes.data[a * G.cols + i] = plus(
					sizes.data[a * G.cols + i],
					times(Math.abs(A.at(j, a)), Math.abs(G.at(j, i))),
				);
	const rounding = plus(times((2 * A.rows + 2) * 2 ** -53, maxUp(sizes.data)), A.rows * 2 ** -1074);
	return { gradient: multiply(A, G, { transposeA: true }), bound: plus(maxUp(sums), rounding) };
}

/** G Bᵀ for rows G_j that are off by e_j an entry: e_j Σ_b |B_ab|, and the rounding of the sums. */
export function outer(G: Matrix, B: Matrix, errors: Float64Array): Bounded {
	const columns = Array.from({ length: B.rows }, (_, a) => sumUp(B.row(a).map(Math.abs)));
	const turned = transpose(B);
	const rounding = maxUp(productErrors(G, turned));
	return { gradient: multiply(G, turned), bound: plus(times(maxUp(errors), maxUp(columns)), rounding) };
}
