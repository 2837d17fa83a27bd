/** The sizes that determine the rounding error of an exact algorithm. */
export interface RoundingSize {
	/** Tokens. */
	readonly n: number;
	/** Width. */
	readonly d: number;
	/** Largest Σ_b |q̂_jb| max_l |k_lb| over the rows j: at least every |score|, before and after centring the keys. */
	readonly scoreSize: number;
}

/**
 * Bound on the relative error that rounding leaves in a product of at most three softmax masses and in sums of such
 * products of one sign: what every decoder reads is made of, computed by any exact algorithm in any order of summation.
 *
 * A score is an inner product of length d whose factors carry up to five roundings (entries √·, 1/d, centring, the
 * product), and the row maximum is subtracted: error at most η = (d + 8) u · scoreSize + 8u with the rounding of exp. A
 * mass is a quotient of two sums of at most n such exponentials, hence 2η + 2(n + 2)u; three masses and the sums over
 * keys, columns and queries give 6η + 8(n + d + 8)u. The factor 1.01 covers the terms of second order while the bound is
 * below 1 %; beyond that nothing is claimed.
 */
export function massRounding({ n, d, scoreSize }: RoundingSize, unitRoundoff: number): number {
	const exponential = ((d + 8) * scoreSize + 8) * unitRoundoff;
	const bound = 1.01 * (6 * exponential + 8 * (n + d + 8) * unitRoundoff);
	return bound < 0.01 ? bound : Number.POSITIVE_INFINITY;
}
