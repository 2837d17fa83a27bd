/** Flops of an exponential. */
const EXPONENTIAL = 20;

/** Flops of the exact backward pass for a query and a key. */
export const exactPerPair = (d: number, d_v: number): number => 6 * (d + d_v) + EXPONENTIAL;

/**
 * Flops of the low-rank backward pass of rank K for a token: pivots among queries and keys (4K²), features of both (4K²), and the products of
 * features with values and keys that dQ, dK and dV are made of (8K(d + 1)(d_v + 1)).
 */
export const lowRankPerToken = (rank: number, d: number, d_v: number): number =>
	8 * rank * rank + 8 * rank * (d + 1) * (d_v + 1);

/** The number of tokens from which the low-rank pass of this rank takes fewer flops than the exact one. */
export const crossover = (rank: number, d: number, d_v: number): number =>
	Math.ceil(lowRankPerToken(rank, d, d_v) / exactPerPair(d, d_v));
