import { AXES_ROWS } from "../../polynomial/method/principal-space.ts";

/** Milliseconds to find axes, in plain TypeScript: for each coordinate of the rows that they are found on, and for each coordinate and each pair of coordinates of all rows. */
const AXES = { sample: 3.5e-4, coordinate: 4.5e-5, pair: 1.2e-6 };

/**
 * Milliseconds to choose a set, at the least and for each monomial: of S⁺ for polynomials by row, with the time to draw the sample, and of S for one polynomial.
 * Measured by `npm run bench:costs -- --only plans`, in a process that has made many choices.
 */
const CHOICE = {
	gauss: { start: 8, monomial: 0.05 },
	chebyshev: { start: 1.5, monomial: 0.015 },
};

/**
 * The first choice of a process compiles code. These milliseconds are added, and the others are multiplied by the factor. Measured for polynomials by row: 0.12 to
 * 0.45 s for 42 to 3003 monomials.
 */
const FIRST = { gauss: 90, chebyshev: 25, factor: 1.5 };

type Basis = keyof typeof CHOICE;

const axesTime = ({ n, d }: { n: number; d: number }): number =>
	AXES.sample * d * Math.min(n, AXES_ROWS) + (AXES.coordinate * d + AXES.pair * d * d) * n;

const choiceTime = (basis: Basis, size: number): number => CHOICE[basis].start + CHOICE[basis].monomial * size;

/** Milliseconds that it takes to find axes and an anisotropic set of so many monomials; two passes over all rows. */
export const setChoiceTime = (problem: { n: number; d: number }, basis: Basis, size: number): number =>
	axesTime(problem) + choiceTime(basis, size);

/** The same for the first choice of a process. */
export const firstSetChoiceTime = (problem: { n: number; d: number }, basis: Basis, size: number): number =>
	axesTime(problem) + FIRST[basis] + FIRST.factor * choiceTime(basis, size);
