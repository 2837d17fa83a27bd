/** Milliseconds that axes take a row and d², in plain TypeScript. */
const AXES = 2e-5;

/**
 * Milliseconds that the choice of a set takes at the least, and for each monomial: by row from a sample, which is drawn first; for one polynomial by
 * growing sets.
 */
const CHOICE = { gauss: { start: 100, monomial: 0.07 }, chebyshev: { start: 2, monomial: 0.04 } };

/** Milliseconds that it takes to find axes and an anisotropic set of about `size` monomials; two passes over all rows. */
export function setChoiceTime({ n, d }: { n: number; d: number }, basis: keyof typeof CHOICE, size: number): number {
	const { start, monomial } = CHOICE[basis];
	return AXES * n * d * d + start + monomial * size;
}
