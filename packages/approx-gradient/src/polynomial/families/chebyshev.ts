import { ComputationError } from "@attgrad/matrix-core";
import { chebyshevPowers } from "./exact-series.ts";
import {
	boundSlack,
	checkArguments,
	largestRadius,
	leastDegree,
	type PolynomialFamily,
	powerOverFactorial,
	tinyRadius,
} from "./family.ts";
import { taylor } from "./taylor.ts";

/** Series of the last radii and degrees: a choice among methods asks for the same ones again and again. */
const recent = new Map<string, Float64Array>();
const MOST_RECENT = 64;

/**
 * The exact series, whose numbers have some R bits and R terms, would take for ever far beyond `largestRadius`.
 * @throws ComputationError (invalid) for a radius whose exponential is beyond double precision
 */
function coefficients(radius: number, degree: number): Float64Array {
	checkArguments("chebyshev", radius, degree);
	if (radius > largestRadius)
		throw new ComputationError(
			"invalid",
			`chebyshev: scores reach ${radius.toPrecision(4)}, and exp of that is beyond double precision: no polynomial is of use`,
		);
	if (radius < tinyRadius) return taylor.coefficients(radius, degree);
	const key = `${radius} ${degree}`;
	const series = recent.get(key) ?? chebyshevPowers(radius, degree);
	if (recent.size >= MOST_RECENT && !recent.has(key)) recent.clear();
	recent.set(key, series);
	return series.slice();
}

/** 2 e^(R²/(4(g+2))) (R/2)^(g+1) / (g+1)!: the first term left out, by I_k(R) <= (R/2)^k / k! · e^(R²/(4(k+1))). */
function leadingTerm(radius: number, degree: number): number {
	return 2 * Math.exp(radius ** 2 / (4 * (degree + 2))) * powerOverFactorial(radius / 2, degree + 1);
}

/** The sum of the terms left out, by a geometric series with ratio R / (2(g+2)); Infinity outside R < 2(g+2). */
function absoluteError(radius: number, degree: number): number {
	checkArguments("chebyshev", radius, degree);
	if (radius < tinyRadius) return taylor.absoluteError(radius, degree);
	const ratio = radius / (2 * (degree + 2));
	return ratio < 1 ? (boundSlack * leadingTerm(radius, degree)) / (1 - ratio) : Number.POSITIVE_INFINITY;
}

/** δ_C = e^R times the absolute error. */
function relativeError(radius: number, degree: number): number {
	return boundSlack * Math.exp(radius) * absoluteError(radius, degree);
}

/** δ'_C, from |T_k'| <= k² on [-1, 1] and a geometric series with ratio θ. */
function derivativeError(radius: number, degree: number): number {
	checkArguments("chebyshev", radius, degree);
	if (radius < tinyRadius) return taylor.derivativeError(radius, degree);
	const theta = (radius * (degree + 2)) / (2 * (degree + 1) ** 2);
	if (theta >= 1) return Number.POSITIVE_INFINITY;
	return (boundSlack * Math.exp(radius) * leadingTerm(radius, degree) * ((degree + 1) ** 2 / radius)) / (1 - theta);
}

/** The truncated Chebyshev series of exp on [-R, R] with the explicit bound δ_C (paper.md 6). */
export const chebyshev: PolynomialFamily = {
	name: "chebyshev",
	coefficients,
	relativeError,
	absoluteError,
	derivativeError,
	degreeFor: (radius, delta) => leastDegree((degree) => relativeError(radius, degree), delta),
};
