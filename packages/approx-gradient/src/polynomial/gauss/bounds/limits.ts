/** κ from which on a row is computed exactly, the radius, and the rounding of its sums; of those with terms in single precision, which are few and small. */
export const LIMITS = { kappa: 0.25, radius: 8, rounding: 0.01, roundingOfSingle: 1e-4 } as const;

/**
 * The least radius that a row's polynomial is made for: powers of it stay in the normal range, so that what power sums lose
 * below that range is a small part of R^k Σ ω.
 */
export const LEAST_REACH = 1 / 8;

/** The largest radius of a row with a polynomial, where all scores are at most `radius`. */
export const largestRadius = ({ radius }: { readonly radius: number }): number =>
	Math.max(LEAST_REACH, Math.min(LIMITS.radius, radius));
