import { unitRoundoff } from "@attgrad/matrix-core";
import { chebyshev } from "./chebyshev.ts";

/** Nodes of the grid: polynomials of degree 64 are at most 0.13 % above their largest value on it. */
const NODES = 2000;

/** A function on [-R, R] that is a polynomial of `degree` up to `tail`, with what rounding does to its values. */
export interface NearPolynomial {
	readonly degree: number;
	/** At least the distance from the polynomial, anywhere on [-R, R]. */
	readonly tail: number;
	/** Value at x, and a bound on the value's rounding error. */
	at(x: number): { value: number; rounding: number };
}

/**
 * Proven bound on max |e(x)| over [-R, R] from values on M Chebyshev nodes: for a polynomial of degree m < M the
 * maximum is at most max over the nodes / cos(π m / (2M)) (Ehlich and Zeller, Math. Z. 86, 1964): sharper than a
 * Lipschitz constant and not in need of one.
 */
export function certifiedMaximum(radius: number, { degree, tail, at }: NearPolynomial): number {
	let largest = 0;
	for (const node of nodes(NODES)) {
		const { value, rounding } = at(radius * node);
		largest = Math.max(largest, Math.abs(value) + rounding);
	}
	if (degree >= NODES) return Number.POSITIVE_INFINITY;
	return (1 + 1e-9) * ((largest + tail) / Math.cos((Math.PI * degree) / (2 * NODES)) + tail);
}

/** The Chebyshev nodes of [-1, 1], ascending. */
export function nodes(count: number): Float64Array {
	return Float64Array.from({ length: count }, (_, i) => -Math.cos((Math.PI * (2 * i + 1)) / (2 * count)));
}

/** P(x) by Horner's rule, and u (2g + 2) Σ |a_k x^k|, which its rounding error is below. */
export function evaluate(coefficients: Float64Array, x: number): { value: number; rounding: number } {
	let [value, size] = [0, 0];
	for (let k = coefficients.length - 1; k >= 0; k--) {
		value = value * x + coefficients[k];
		size = size * Math.abs(x) + Math.abs(coefficients[k]);
	}
	return { value, rounding: unitRoundoff("f64") * (2 * coefficients.length + 2) * size };
}

/** A degree beyond which exp on [-R, R] is a polynomial for all purposes here, and the absolute error of that. */
export function nearlyPolynomialExp(radius: number): { degree: number; tail: number } {
	const degree = chebyshev.degreeFor(radius, 1e-20);
	return Number.isFinite(degree)
		? { degree, tail: chebyshev.absoluteError(radius, degree) }
		: { degree: Number.POSITIVE_INFINITY, tail: Number.POSITIVE_INFINITY };
}
