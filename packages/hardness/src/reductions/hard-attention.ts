import { Matrix } from "@attgrad/matrix-core";
import type { PairInstance } from "./instances/pairs.ts";

/** Attention that is hard to approximate: queries n_q x d, keys and values 2n_k x d, to be scaled by 1/d. */
export interface HardAttention {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	/** Scores (Q Kᵀ)/d are in [0, range]; those of half of the keys, the dummies, are the range. */
	readonly range: number;
}

/**
 * An attention instance of the form of Lemma E.2 from balanced vectors of length d0 (the project's reconstruction of
 * AS23 Lemma 4.7; paper.md 9.3 c): d = 2 d0, Q_i = √β [a_i, 1], K_l = √β [b_l, 0], then as many dummies √β [0, 1];
 * V is 1 in column 0 of genuine keys. A genuine score is β <a_i, b_l> / d <= β/4, that of a dummy β/2 = `range`.
 * O(log n) bits hold the entries for β = Θ(log n).
 * @param beta for vectors whose closest pair is at distance t, or all at t + w or more, f(1) of Lemma E.3 tells the two
 * apart where β > 2 d0 ln(4n³) / w (`separatingBeta`)
 */
export function hardAttention({ a, b }: PairInstance, beta: number): HardAttention {
	const d0 = a.cols;
	const size = Math.sqrt(beta);
	const genuine = b.rows;
	return {
		Q: Matrix.build(a.rows, 2 * d0, (i, c) => (c < d0 ? size * a.at(i, c) : size)),
		K: Matrix.build(2 * genuine, 2 * d0, (l, c) =>
			l < genuine ? (c < d0 ? size * b.at(l, c) : 0) : c < d0 ? 0 : size,
		),
		V: Matrix.build(2 * genuine, 2 * d0, (l, c) => (l < genuine && c === 0 ? 1 : 0)),
		range: beta / 2,
	};
}

/** The β above which f(1) tells distance t from distance t + `width`, for n vectors of length d0 on each side. */
export function separatingBeta({ n, d0, width }: { n: number; d0: number; width: number }): number {
	return (2 * d0 * Math.log(4 * n ** 3)) / width;
}
