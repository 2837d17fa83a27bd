/** Flops of an exponential. */
const EXPONENTIAL = 20;

/** Flops of the exact backward pass for a query and a key. */
export const exactPerPair = (d: number, d_v: number): number => 6 * (d + d_v) + EXPONENTIAL;

/**
 * Flops of the low-rank backward pass of rank r for a token: K pivots among queries and keys (4K²), features of both (4K²), and the products of
 * r features with values and keys that dQ, dK and dV are made of (8r(d + 1)(d_v + 1)). K is the number of features that prove the error, at least r.
 */
const lowRankPerToken = (rank: number, features: number, d: number, d_v: number): number =>
	8 * features * features + 8 * rank * (d + 1) * (d_v + 1);

/** The number of tokens from which the low-rank pass of this rank takes fewer flops than the exact one. */
export const crossover = (
	{ rank, features }: { readonly rank: number; readonly features: number },
	d: number,
	d_v: number,
): number => Math.ceil(lowRankPerToken(rank, features, d, d_v) / exactPerPair(d, d_v));
