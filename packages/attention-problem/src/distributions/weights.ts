import { Matrix, multiply, qr, scaleRows, seededRandom, transpose } from "@attgrad/matrix-core";
import type { Instance, Weights } from "./distribution.ts";

/**
 * X = Q1 diag(s) Q2 with Q1, Q2 uniform among the orthogonal matrices and s uniform in [½, 2): condition number at
 * most 4. The inverse Q2ᵀ diag(1/s) Q1ᵀ needs no solve.
 */
export function wellConditionedWeights({ d, seed }: Instance): Weights {
	const [Q1, Q2] = [orthogonal(d, seed, "Q1"), orthogonal(d, seed, "Q2")];
	const random = seededRandom(seed, "X", "s");
	const s = Float64Array.from({ length: d }, () => random.uniform(0.5, 2));
	return {
		X: multiply(Q1, scaleRows(Q2, s)),
		inverse: multiply(
			transpose(Q2),
			scaleRows(
				transpose(Q1),
				s.map((x) => 1 / x),
			),
		),
	};
}

/** Orthogonal matrix from the QR of a Gaussian one with the diagonal of R positive: uniform (Haar). */
function orthogonal(d: number, seed: number, name: string): Matrix {
	const random = seededRandom(seed, "X", name);
	return qr(Matrix.build(d, d, () => random.normal())).Q;
}

/**
 * X = a random signed permutation of the coordinates, each scaled by ½, 1 or 2. Nothing rounds: A1 X is exactly what
 * was asked for, with all its ties, in either number type.
 */
export function exactWeights({ d, seed }: Instance): Weights {
	const random = seededRandom(seed, "X", "permutation");
	const target = Array.from({ length: d }, (_, j) => j);
	for (let i = d - 1; i > 0; i--) {
		const k = random.integer(0, i);
		[target[i], target[k]] = [target[k], target[i]];
	}
	const factor = target.map(() => 2 ** random.integer(-1, 1) * (random.integer(0, 1) === 0 ? 1 : -1));
	return {
		X: Matrix.build(d, d, (i, j) => (target[i] === j ? factor[i] : 0)),
		inverse: Matrix.build(d, d, (j, i) => (target[i] === j ? 1 / factor[i] : 0)),
	};
}
