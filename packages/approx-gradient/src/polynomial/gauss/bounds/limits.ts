/**
 * Rows beyond these are computed exactly: κ, the radius (a request may have a lower limit), and the rounding of a row's sums as a part of its
 * normaliser, in one precision and where a part of the terms is in single precision. At radius 12 that rounding, some hundred units times e^24,
 * is near its own limit.
 */
export const LIMITS = { kappa: 0.25, radius: 12, rounding: 0.01, roundingOfSingle: 1e-4 } as const;

/**
 * The least radius that a row's polynomial is made for: powers of it stay in the normal range, so that what power sums lose
 * below that range is a small part of R^k Σ ω.
 */
export const LEAST_REACH = 1 / 8;

/** The largest radius of a row with a polynomial, where all scores are at most `radius`. */
export const largestRadius = ({ radius }: { readonly radius: number }): number =>
	Math.max(LEAST_REACH, Math.min(LIMITS.radius, radius));
