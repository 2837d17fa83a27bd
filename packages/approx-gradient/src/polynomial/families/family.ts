import { ComputationError, UsageError } from "@attgrad/matrix-core";

/** A family of polynomials P of every degree that approximate exp on [-R, R], with proven errors. */
export interface PolynomialFamily {
	/** Name on the command line. */
	readonly name: "taylor" | "chebyshev" | "minimax";
	/** Coefficients a_0..a_g of P(x) = Σ a_k x^k, each correct to a few units in the last place. */
	coefficients(radius: number, degree: number): Float64Array;
	/** δ: proven bound on sup |P(x) e^-x - 1| over |x| <= R; Infinity where nothing is proven. */
	relativeError(radius: number, degree: number): number;
	/** Proven bound on sup |P(x) - e^x| over |x| <= R. */
	absoluteError(radius: number, degree: number): number;
	/** δ': proven bound on sup |P'(x) e^-x - 1| over |x| <= R. */
	derivativeError(radius: number, degree: number): number;
	/** Least degree with relativeError(R, degree) <= delta; Infinity where none up to `maxDegree` has. */
	degreeFor(radius: number, delta: number): number;
}

/** Largest degree that is offered: 170! is the last factorial that a double holds. */
export const maxDegree = 170;

/** Largest radius that has a polynomial: e^R is near the largest double there. */
export const largestRadius = 700;

/** Below this radius a series on [-R, R] is the Taylor polynomial to working precision, and dividing by R^k is unsafe. */
export const tinyRadius = 1e-12;

/** Covers the rounding of a bound's own evaluation: some hundreds of operations on positive numbers. */
export const boundSlack = 1 + 1e-12;

/**
 * @throws UsageError for a radius below 0 or a degree that is not a whole number in 0..maxDegree; ComputationError (invalid) for a radius
 * that is not finite
 */
export function checkArguments(name: string, radius: number, degree: number): void {
	if (radius < 0) throw new UsageError(`${name}: radius must be >= 0, got ${radius}`);
	if (!Number.isFinite(radius))
		throw new ComputationError("invalid", `${name}: the scores overflow, or sizes that bound them do, got ${radius}`);
	if (!(Number.isInteger(degree) && degree >= 0 && degree <= maxDegree))
		throw new UsageError(`${name}: degree must be a whole number in 0..${maxDegree}, got ${degree}`);
}

/** x^k / k!, multiplied up so that nothing overflows before the result does. */
export function powerOverFactorial(x: number, k: number): number {
	let term = 1;
	for (let i = 1; i <= k; i++) term *= x / i;
	return term;
}

/** Least degree with bound(degree) <= delta, from `start` on; Infinity where none up to `maxDegree` has. */
export function leastDegree(bound: (degree: number) => number, delta: number, start = 0): number {
	if (!(delta > 0)) throw new UsageError(`polynomial: delta must be > 0, got ${delta}`);
	for (let degree = start; degree <= maxDegree; degree++) if (bound(degree) <= delta) return degree;
	return Number.POSITIVE_INFINITY;
}
