import { UsageError } from "@attgrad/matrix-core";

/** The known properties of the matrix that is to be approximated. */
export interface RankEvidence {
	/** Singular values σ̂, largest first, of a part of the matrix or of an approximation of it. */
	readonly values: ArrayLike<number>;
	/**
	 * At least √(Σ (σ̂_i − s_i)²) for numbers s_i of which each is at most the matrix's own i-th singular value (a submatrix's, by
	 * interlacing), or is it (by Hoffman and Wielandt, ‖Ã − A‖_F).
	 */
	readonly error: number;
	/** At least ‖A‖_F. */
	readonly norm: number;
}

/**
 * A number that the rank of every matrix within δ‖A‖_F of A, in the Frobenius norm, is at least.
 *
 * Proof. If G has rank r then ‖A − G‖_F >= √(Σ_{i>r} σ_i²) (Eckart and Young). Here σ_i >= s_i, so that this is at least √(Σ_{i>r} s_i²) >= √(Σ_{i>r} σ̂_i²) − error
 * by the triangle inequality. Where that is more than δ · norm >= δ‖A‖_F, r is not enough.
 */
export function leastRank({ values, error, norm }: RankEvidence, delta: number): number {
	if (!(delta > 0)) throw new UsageError(`least rank: delta must be > 0, got ${delta}`);
	// The least tail that excludes a rank, with room for the rounding of these sums of positive numbers.
	const least = (delta * norm + error) * (1 + 1e-12);
	let tail = 0;
	for (let r = values.length; r > 0; r--) {
		tail += values[r - 1] ** 2;
		if (Math.sqrt(tail) * (1 - 1e-12) > least) return r;
	}
	return 0;
}
