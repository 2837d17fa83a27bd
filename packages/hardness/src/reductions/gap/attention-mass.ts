import type { Matrix } from "@attgrad/matrix-core";

/** f of Lemma E.3 with its first two derivatives, at any λ. */
export interface AttentionMass {
	value(lambda: number): number;
	slope(lambda: number): number;
	curvature(lambda: number): number;
}

/**
 * f(λ) = ‖diag(M_λ 1)⁻¹ M_λ V‖_F² for M_λ = exp(λ A), A = `scores` n x m, V m x d (Lemma E.3), by its definition:
 * f = Σ_ji s_ji² with s the outputs, s' = Cov_j(A, V_i), s'' = Cov_j((A - mean)², V_i). With V in {0, 1} and A in [0, B_A],
 * for every real λ: |f'| <= n d_V B_A / 2 and |f''| <= (5/8) n d_V B_A², d_V the columns of V that are not zero (the
 * project's constants; the lemma prints 8 B_A n). Each call costs O(n m d).
 */
export function attentionMass({ scores, V }: { scores: Matrix; V: Matrix }): AttentionMass {
	const total = (lambda: number, term: (moments: Moments) => number): number => {
		let sum = 0;
		for (let j = 0; j < scores.rows; j++) {
			const row = scores.row(j);
			const weights = softmax(row, lambda);
			for (let i = 0; i < V.cols; i++) sum += term(momentsOf(weights, row, V, i));
		}
		return sum;
	};
	return {
		value: (lambda) => total(lambda, ({ s }) => s * s),
		slope: (lambda) => total(lambda, ({ s, s1 }) => 2 * s * s1),
		curvature: (lambda) => total(lambda, ({ s, s1, s2 }) => 2 * (s1 * s1 + s * s2)),
	};
}

/** An output of attention and its derivatives in λ. */
interface Moments {
	readonly s: number;
	readonly s1: number;
	readonly s2: number;
}

function softmax(row: ArrayLike<number>, lambda: number): Float64Array {
	const exponents = Float64Array.from(row, (score) => lambda * score);
	const largest = exponents.reduce((x, y) => Math.max(x, y));
	const weights = exponents.map((exponent) => Math.exp(exponent - largest));
	const sum = weights.reduce((x, y) => x + y, 0);
	return weights.map((weight) => weight / sum);
}

function momentsOf(weights: Float64Array, row: ArrayLike<number>, V: Matrix, i: number): Moments {
	const mean = (of: (l: number) => number) => weights.reduce((sum, weight, l) => sum + weight * of(l), 0);
	const s = mean((l) => V.at(l, i));
	const score = mean((l) => row[l]);
	const centred = (l: number) => row[l] - score;
	return {
		s,
		s1: mean((l) => centred(l) * (V.at(l, i) - s)),
		s2: mean((l) => centred(l) ** 2 * (V.at(l, i) - s)),
	};
}
