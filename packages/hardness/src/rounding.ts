/** What the rounding of an exact algorithm depends on. */
export interface RoundingSize {
	/** Tokens. */
	readonly n: number;
	/** Width. */
	readonly d: number;
	/** Largest Σ_b |q̂_jb| |k_lb| over the rows: at least every |score|. */
	readonly scoreSize: number;
}

/**
 * Bound on the relative error that rounding leaves in a product of at most three softmax masses, summed over all rows:
 * what every decoder reads, computed by any of the exact algorithms in any order of summation.
 *
 * A score is an inner product of length d whose factors carry up to four roundings (entries √·, 1/d, its product), and
 * the row maximum is subtracted: error at most (d + 8) u · scoreSize; `exp` adds at most 8 u. A mass is a quotient of
 * two sums of at most n such exponentials, hence 2η + 2(n + 2)u; three masses and the sums over keys and queries give
 * 6η + 8(n + d + 8)u. The masses are sums of positive numbers, so that there is no cancellation to magnify these. The
 * factor 1.01 covers the terms of second order while the bound is below 1 %.
 */
export function massRounding({ n, d, scoreSize }: RoundingSize, unitRoundoff: number): number {
	const exponential = ((d + 8) * scoreSize + 8) * unitRoundoff;
	const bound = 1.01 * (6 * exponential + 8 * (n + d + 8) * unitRoundoff);
	return bound < 0.01 ? bound : Number.POSITIVE_INFINITY;
}
