/**
 * Covers the rounding of a row's bound: some dozens of operations on positive numbers. They are plain ones, operation by operation those
 * of `kernels/gauss` and `kernels/operator`, which cannot call the arithmetic of bounds; `row-error.test.ts` compares with exact errors.
 */
const SLACK = 1 + 1e-12;

/** x y, Infinity where x is. */
const times = (x: number, y: number): number => (x < Number.POSITIVE_INFINITY ? x * y : x);

/**
 * How far a row's approximate softmax f̃_j = Ã_j / D̃_j carries its output and its gradients from the exact ones, where
 * |ω_l e^(s_l) - Ã_l| <= ω_l Q(s_l) with known sums over keys l. Differences of means are sums of errors,
 *
 *     E_f z - E_f̃ z = (1/D) Σ_l e_l (z_l - E_f̃ z),
 *
 * and Cauchy-Schwarz with the weights ω_l Q(s_l) bounds them by those sums.
 * `read` sets a row; the methods answer for it. Nothing is allocated. Sizes are Euclidean norms over coordinates, unless they
 * are of one coordinate throughout.
 */
export class RowError {
	/** E = Σ ω Q, errors of the scores included. */
	error = 0;
	/** κ = E / D̃; the row proves nothing from 1 on. */
	kappa = 0;
	/** At most D and D̃. */
	leastNormaliser = 0;
	/** τ = 2κ: at least ‖f̃_j - f_j‖₁. */
	l1 = 0;
	/** At least √(Σ ω Q ‖v - õ‖²). */
	spread = 0;
	/** At least √(E_f ‖v - õ‖²). */
	deviation = 0;
	/** At least ‖õ_j - o_j‖. */
	output = 0;
	#normaliser = 0;
	#scoreError = 0;

	/**
	 * Sets the row.
	 * @param error Σ ω Q
	 * @param normaliser D̃, less what rounding may have added to it, which is at most a hundredth of it
	 * @param valueErrors Σ ω Q ‖v‖²
	 * @param valueSquares at least Σ Ã ‖v - õ‖² where that is positive
	 * @param output ‖õ_j‖
	 * @param scoreError η - 1 where true entries are ω e^s within a factor of η
	 */
	read(
		error: number,
		normaliser: number,
		valueErrors: number,
		valueSquares: number,
		output: number,
		scoreError: number,
	): void {
		this.#normaliser = normaliser;
		this.#scoreError = scoreError;
		this.error = SLACK * ((1 + scoreError) * error + 1.02 * scoreError * normaliser);
		this.kappa = normaliser > 0 ? (SLACK * this.error) / normaliser : Number.POSITIVE_INFINITY;
		this.leastNormaliser = Math.max(0, normaliser - SLACK * this.error);
		this.l1 = 2 * this.kappa;
		const errors = Math.sqrt((1 + scoreError) * valueErrors) + output * Math.sqrt((1 + scoreError) * error);
		this.spread = SLACK * Math.sqrt(errors * errors + scoreError * valueSquares);
		this.deviation = SLACK * Math.sqrt((valueSquares + this.spread * this.spread) / this.leastNormaliser);
		this.output = (SLACK * Math.sqrt(this.error) * this.spread) / this.leastNormaliser;
	}

	/**
	 * At least √(Σ |e| <ō_j, v - õ_j>²), e the errors of the entries.
	 * @param norm ‖ō_j‖
	 * @param largest at least every |<ō_j, v_l - õ_j>|, or Infinity
	 */
	cotangent(norm: number, largest = Number.POSITIVE_INFINITY): number {
		return SLACK * Math.min(norm * this.spread, times(largest, Math.sqrt(this.error)));
	}

	/**
	 * At least |Ĝ~_jb - Ĝ_jb| for the query gradient Ĝ_j = Cov_f(<ō_j, v>, k), of every coordinate b or of one.
	 * @param cotangent √(Σ |e| <ō_j, v - õ_j>²), of `cotangent`
	 * @param keyErrors Σ ω Q k², of all coordinates or of one
	 * @param keySquares at least Σ Ã k²
	 * @param meanKey at least |E_f k|, or Infinity
	 * @param gradient |Ĝ~_j|
	 * @param residual where ō_j is c̃_j = õ_j - E_j and the exact gradient has the exact one: at least |Cov_f(<c̃ - c, v>, k_b)| of each of those
	 * coordinates, or Infinity; undefined where ō_j is the same in both
	 * @param keyReach at least every |k_lb| of each of those coordinates, or Infinity
	 */
	gradient(
		cotangent: number,
		keyErrors: number,
		keySquares: number,
		meanKey: number,
		gradient: number,
		residual?: number,
		keyReach = Number.POSITIVE_INFINITY,
	): number {
		const ofColumn = (1 + this.#scoreError) * keyErrors + this.#scoreError * keySquares;
		const errors = Math.min(ofColumn, times(keyReach * keyReach, this.error));
		const root = Math.min(keyReach, Math.sqrt((keySquares + ofColumn) / this.leastNormaliser));
		const moved = Math.sqrt(errors) + Math.sqrt(this.error) * Math.min(meanKey, root);
		const first = (cotangent * moved + this.error * gradient) / this.leastNormaliser;
		return SLACK * (first + (residual === undefined ? 0 : Math.min(residual, this.output * this.deviation * root)));
	}

	/** At least Σ_l |dS~_jl - dS_jl| for the gradient dS of the scores at a cotangent of that norm. */
	scores(cotangent: number): number {
		const moved = Math.sqrt(this.error) * this.spread * (1 / this.#normaliser + 1 / this.leastNormaliser);
		return SLACK * cotangent * (moved + this.kappa * this.deviation);
	}
}
