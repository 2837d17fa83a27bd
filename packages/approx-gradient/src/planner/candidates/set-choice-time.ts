/** Milliseconds that axes take: a coordinate of the rows that they are found on, and of a row for each coordinate and pair of them, in plain TypeScript. */
const AXES = { start: 1.5, coordinate: 4.5e-5, pair: 1.2e-6 };

/**
 * Milliseconds that the choice of a set takes at the least, and for each monomial of S⁺ by row, from a sample, which is drawn first, or of the set for one
 * polynomial: least of three choices one after the other, 42 to 3003 monomials, d = 2 to 8, within a factor of 1.6. `first` is how much longer the first
 * choice of a process takes, while code is compiled.
 */
const CHOICE = {
	gauss: { start: 20, monomial: 0.07, first: 80 },
	chebyshev: { start: 4, monomial: 0.025, first: 25 },
};

/** Milliseconds that it takes to find axes and an anisotropic set of so many monomials; two passes over all rows. */
export function setChoiceTime({ n, d }: { n: number; d: number }, basis: keyof typeof CHOICE, size: number): number {
	const { start, monomial } = CHOICE[basis];
	return AXES.start * d + (AXES.coordinate * d + AXES.pair * d * d) * n + start + monomial * size;
}

/** The same of the first choice of a process. */
export const firstSetChoiceTime: typeof setChoiceTime = (problem, basis, size) =>
	CHOICE[basis].first + setChoiceTime(problem, basis, size);
