import { boundSlack, checkArguments, leastDegree, type PolynomialFamily, powerOverFactorial } from "./family.ts";

/** Coefficients 1/k!; every factorial up to 22! is exact in a double, the others are rounded once a factor. */
function coefficients(radius: number, degree: number): Float64Array {
	checkArguments("taylor", radius, degree);
	let factorial = 1n;
	return Float64Array.from({ length: degree + 1 }, (_, k) => {
		if (k > 0) factorial *= BigInt(k);
		return 1 / Number(factorial);
	});
}

/** δ_T = e^R R^(g+1) / (g+1)!, Lagrange's remainder at x = -R. */
function relativeError(radius: number, degree: number): number {
	checkArguments("taylor", radius, degree);
	return boundSlack * Math.exp(radius) * powerOverFactorial(radius, degree + 1);
}

/** The remainder at x = R: Lagrange's form, or the geometric series that bounds it where R < g + 2. */
function absoluteError(radius: number, degree: number): number {
	checkArguments("taylor", radius, degree);
	const geometric = radius < degree + 2 ? 1 / (1 - radius / (degree + 2)) : Number.POSITIVE_INFINITY;
	return boundSlack * powerOverFactorial(radius, degree + 1) * Math.min(Math.exp(radius), geometric);
}

/** P'_g = P_(g-1); a constant has P' = 0, which is wrong by all of 1. */
function derivativeError(radius: number, degree: number): number {
	checkArguments("taylor", radius, degree);
	return degree === 0 ? 1 : relativeError(radius, degree - 1);
}

/** The Taylor polynomial of exp at 0; the polynomial does not depend on the radius, its error does (paper.md 6). */
export const taylor: PolynomialFamily = {
	name: "taylor",
	coefficients,
	relativeError,
	absoluteError,
	derivativeError,
	degreeFor: (radius, delta) => leastDegree((degree) => relativeError(radius, degree), delta),
};
