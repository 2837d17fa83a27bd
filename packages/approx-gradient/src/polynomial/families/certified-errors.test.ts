import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxDegree, type PolynomialFamily } from "./family.ts";
import { polynomialFamilies } from "./index.ts";

const families = Object.values(polynomialFamilies);

/** P(x) and Σ |a_k x^k| u (2g + 2), which bounds its rounding. */
function value(coefficients: Float64Array, x: number): { P: number; rounding: number } {
	let [P, size] = [0, 0];
	for (let k = coefficients.length - 1; k >= 0; k--) {
		P = P * x + coefficients[k];
		size = size * Math.abs(x) + Math.abs(coefficients[k]);
	}
	return { P, rounding: size * 2 ** -53 * (2 * coefficients.length + 4) };
}

const derivative = (a: Float64Array) => a.slice(1).map((x, k) => (k + 1) * x);

/** Largest errors seen on a grid of [-R, R], each less what rounding may have added to it. */
function seen(family: PolynomialFamily, radius: number, degree: number) {
	const a = family.coefficients(radius, degree);
	const worst = { relative: 0, absolute: 0, derivative: 0 };
	for (let i = 0; i <= 400; i++) {
		const x = -radius * Math.cos((Math.PI * i) / 400);
		const { P, rounding } = value(a, x);
		const slope = value(derivative(a), x);
		const weight = Math.exp(-x);
		worst.relative = Math.max(worst.relative, Math.abs(P * weight - 1) - weight * rounding);
		worst.absolute = Math.max(worst.absolute, Math.abs(P - Math.exp(x)) - rounding);
		worst.derivative = Math.max(worst.derivative, Math.abs(slope.P * weight - 1) - weight * slope.rounding);
	}
	return worst;
}

describe.each(families)("$name", (family) => {
	test("the proven errors are at least those seen on a grid", () => {
		fc.assert(
			fc.property(fc.double({ min: 0, max: 7, noNaN: true }), fc.integer({ min: 0, max: 24 }), (radius, degree) => {
				const errors = seen(family, radius, degree);
				expect(errors.relative).toBeLessThanOrEqual(family.relativeError(radius, degree));
				expect(errors.absolute).toBeLessThanOrEqual(family.absoluteError(radius, degree));
				expect(errors.derivative).toBeLessThanOrEqual(family.derivativeError(radius, degree));
			}),
			{ numRuns: 60 },
		);
	});

	test("radius 0 and radii near it have the polynomial of Taylor and no error beyond rounding", () => {
		for (const radius of [0, 1e-300, 1e-13, 1e-9]) {
			const a = family.coefficients(radius, 4);
			for (const [k, expected] of [1, 1, 1 / 2, 1 / 6, 1 / 24].entries()) expect(a[k]).toBeCloseTo(expected, 8);
			expect(family.relativeError(radius, 4)).toBeLessThan(1e-40);
			expect(family.degreeFor(radius, 1e-15)).toBeLessThanOrEqual(1);
		}
		expect(family.relativeError(0, 0)).toBe(0);
		expect(family.degreeFor(0, 1e-300)).toBe(0);
	});

	test("coefficients stay finite up to the largest degree", () => {
		for (const radius of [1e-11, 1, 18, 60])
			expect(family.coefficients(radius, maxDegree).every(Number.isFinite)).toBe(true);
	});

	test("a bad radius, degree or delta is refused", () => {
		expect(() => family.coefficients(-1, 3)).toThrow("radius must be >= 0, got -1");
		expect(() => family.relativeError(Number.NaN, 3)).toThrow(
			"the scores overflow, or sizes that bound them do, got NaN",
		);
		expect(() => family.coefficients(1, 2.5)).toThrow(`degree must be a whole number in 0..${maxDegree}, got 2.5`);
		expect(() => family.coefficients(1, maxDegree + 1)).toThrow("degree must be");
		expect(() => family.degreeFor(1, 0)).toThrow("delta must be > 0, got 0");
	});
});

test("the Chebyshev bound is sharp: the true error is 0.55 to 1 of it for R <= 2", () => {
	for (const radius of [0.5, 1, 2])
		for (let degree = 2; degree <= 8; degree++) {
			const { chebyshev } = polynomialFamilies;
			const ratio = seen(chebyshev, radius, degree).relative / chebyshev.relativeError(radius, degree);
			expect(ratio).toBeGreaterThan(0.55);
		}
});

test("the minimax error is never above that of Chebyshev, and half of it or less at R = 4", () => {
	const { chebyshev, minimax } = polynomialFamilies;
	for (const radius of [0.3, 1, 4])
		for (let degree = 0; degree <= 16; degree++)
			expect(minimax.relativeError(radius, degree)).toBeLessThanOrEqual(chebyshev.relativeError(radius, degree));
	expect(minimax.relativeError(4, 10)).toBeLessThan(0.5 * chebyshev.relativeError(4, 10));
});
