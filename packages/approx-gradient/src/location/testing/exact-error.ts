import { ExactMatrix, exactOutput, PLACES, toNumber } from "@attgrad/attention-problem/reference";
import { Matrix } from "@attgrad/matrix-core";
import type { HeadRows } from "../head.ts";

/** The softmax matrix of a head by its definition, in whole numbers of 2^-PLACES. O(n² d) products of whole numbers. */
export function exactSoftmax({ Q, K, scale }: HeadRows): ExactMatrix {
	const V = ExactMatrix.of(Matrix.zeros(K.rows, 1));
	return exactOutput({ Q: ExactMatrix.of(Q), K: ExactMatrix.of(K), V, scale }).weights;
}

/** ‖F̃ − F‖_F for the rows of ΦΨᵀ over their sums, in whole numbers; Infinity where a sum is not positive. */
export function exactError(F: ExactMatrix, Phi: Matrix, Psi: Matrix): number {
	const A = ExactMatrix.of(Phi).times(ExactMatrix.of(Psi).transposed());
	let squares = 0n;
	for (let j = 0; j < F.rows; j++) {
		const row = A.data.slice(j * F.cols, (j + 1) * F.cols);
		const D = row.reduce((sum, x) => sum + x, 0n);
		if (D <= 0n) return Number.POSITIVE_INFINITY;
		for (let l = 0; l < F.cols; l++) squares += ((row[l] << BigInt(PLACES)) / D - F.data[j * F.cols + l]) ** 2n;
	}
	return Math.sqrt(toNumber(squares, -2 * PLACES));
}
