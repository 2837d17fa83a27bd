import { unitRoundoff } from "@attgrad/matrix-core";
import { certifiedMaximum, evaluate, nearlyPolynomialExp } from "./certified-maximum.ts";
import { chebyshev } from "./chebyshev.ts";
import { powersOfSeries } from "./exact-series.ts";
import { checkArguments, leastDegree, type PolynomialFamily, tinyRadius } from "./family.ts";
import { weightedMinimax } from "./remez.ts";

/** A polynomial with what is proven of it. */
interface Certified {
	readonly coefficients: Float64Array;
	readonly relativeError: number;
	readonly absoluteError: number;
	readonly derivativeError: number;
}

/** Radius beyond which double precision shows nothing of a small error of e^-x P(x): u e^(2R) is 0.05 there. */
const LARGEST_RADIUS = 17;

/** Polynomials made lately; making one takes milliseconds, and its coefficients and errors are asked for one by one. */
const made = new Map<string, Certified>();
const KEPT = 256;

function minimaxOf(radius: number, degree: number): Certified {
	checkArguments("minimax", radius, degree);
	const key = `${radius} ${degree}`;
	const found = made.get(key);
	if (found) return found;
	const fallback = ofChebyshev(radius, degree);
	const levelled = radius < tinyRadius || radius > LARGEST_RADIUS ? undefined : weightedMinimax(radius, degree);
	const certified = levelled && certify(powersOfSeries(levelled, radius), radius);
	const best = certified && certified.relativeError < fallback.relativeError ? certified : fallback;
	const [oldest] = made.keys();
	if (made.size >= KEPT) made.delete(oldest);
	made.set(key, best);
	return best;
}

const ofChebyshev = (radius: number, degree: number): Certified => ({
	coefficients: chebyshev.coefficients(radius, degree),
	relativeError: chebyshev.relativeError(radius, degree),
	absoluteError: chebyshev.absoluteError(radius, degree),
	derivativeError: chebyshev.derivativeError(radius, degree),
});

/** Bounds on the errors of the polynomial with exactly these coefficients, from values on a grid, rounding counted. */
function certify(coefficients: Float64Array, radius: number): Certified {
	const exp = nearlyPolynomialExp(radius);
	const derivative = coefficients.slice(1).map((a, k) => (k + 1) * a);
	const degree = exp.degree + coefficients.length - 1;
	return {
		coefficients,
		relativeError: certifiedMaximum(radius, {
			degree,
			tail: tailOf(coefficients, radius, exp),
			at: relativeTo(coefficients),
		}),
		derivativeError: certifiedMaximum(radius, {
			degree,
			tail: tailOf(derivative, radius, exp),
			at: relativeTo(derivative),
		}),
		absoluteError: certifiedMaximum(radius, {
			...exp,
			at: (x) => {
				const { value, rounding } = evaluate(coefficients, x);
				return { value: value - Math.exp(x), rounding: rounding + 2 ** -52 * (Math.abs(value) + Math.exp(x)) };
			},
		}),
	};
}

/** e^-x P(x) - 1; V8's exp is good to an ulp. */
const relativeTo = (coefficients: Float64Array) => (x: number) => {
	const { value, rounding } = evaluate(coefficients, x);
	const weight = Math.exp(-x);
	return {
		value: weight * value - 1,
		rounding: 1.01 * weight * rounding + 2 ** -51 * (1 + weight * Math.abs(value)),
	};
};

/** How far e^-x P(x) is from a polynomial: the tail of e^-x times max |P| <= Σ |a_k| R^k. */
const tailOf = (coefficients: Float64Array, radius: number, exp: { tail: number }): number => {
	const { rounding } = evaluate(coefficients, radius);
	return exp.tail * (rounding / unitRoundoff("f64"));
};

const relativeError = (radius: number, degree: number): number => minimaxOf(radius, degree).relativeError;

/**
 * The polynomial of least relative error max |1 - e^-x P(x)| on [-R, R] (weighted Remez, paper.md 6), each certified by
 * its values on a grid. Where double precision hides its error, below about u e^(2R), it is the Chebyshev polynomial.
 */
export const minimax: PolynomialFamily = {
	name: "minimax",
	coefficients: (radius, degree) => minimaxOf(radius, degree).coefficients,
	relativeError,
	absoluteError: (radius, degree) => minimaxOf(radius, degree).absoluteError,
	derivativeError: (radius, degree) => minimaxOf(radius, degree).derivativeError,
	degreeFor(radius, delta) {
		// Equal ripples save less than half the degree: 12 of 19 at R = 8, less below.
		const chebyshevDegree = chebyshev.degreeFor(radius, delta);
		if (!Number.isFinite(chebyshevDegree)) return chebyshevDegree;
		return leastDegree((degree) => relativeError(radius, degree), delta, Math.floor(chebyshevDegree / 2));
	},
};
