/** Covers the rounding of a difference and a quotient. */
const ROUND_UP = 1 + 2 ** -50;

/**
 * At least max |g~ − g| / max |g| where max |g~ − g| <= bound and max |g~| is `largest`: max |g| is at least largest − bound.
 * Infinity where the bound does not tell g from zero.
 */
export function provedRelative(bound: number, largest: number): number {
	if (bound === 0) return 0;
	const least = largest - bound;
	return least > 0 ? ROUND_UP * ((bound * ROUND_UP) / least) : Number.POSITIVE_INFINITY;
}
