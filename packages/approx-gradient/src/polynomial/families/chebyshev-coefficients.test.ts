import { expect, test } from "vitest";
import { chebyshev } from "./chebyshev.ts";

/** I_k(R) = (1/π) ∫_0^π e^(R cos t) cos(kt) dt; the trapezoidal rule is exact to rounding for a periodic function. */
function bessel(k: number, radius: number): number {
	const points = 200;
	let sum = 0;
	for (let i = 0; i < points; i++) {
		const t = (2 * Math.PI * i) / points;
		sum += Math.exp(radius * Math.cos(t)) * Math.cos(k * t);
	}
	return sum / points;
}

test.each([
	[0.3, 5],
	[2, 9],
	[7, 14],
])("the polynomial at R = %d, degree %i is I_0(R) + 2 Σ I_k(R) T_k(x/R)", (radius, degree) => {
	const a = chebyshev.coefficients(radius, degree);
	for (const y of [-1, -0.6, 0, 0.31, 1]) {
		let series = bessel(0, radius);
		for (let k = 1; k <= degree; k++) series += 2 * bessel(k, radius) * Math.cos(k * Math.acos(y));
		const powers = a.reduceRight((sum, coefficient) => sum * radius * y + coefficient, 0);
		// Terms reach e^R on both sides; some tens of roundings.
		expect(Math.abs(powers - series)).toBeLessThan(1e-14 * Math.exp(radius));
	}
});

test("the leading coefficient is 2^g I_g(R) / R^g to the last places, where a conversion in doubles would cancel", () => {
	for (const [radius, degree] of [
		[4, 6],
		[6, 12],
	] as const) {
		// The trapezoidal sum has terms of size e^R.
		const rounding = (1e-15 * Math.exp(radius)) / bessel(degree, radius);
		const expected = (2 ** degree * bessel(degree, radius)) / radius ** degree;
		expect(Math.abs(chebyshev.coefficients(radius, degree)[degree] / expected - 1)).toBeLessThan(rounding);
	}
});

test("a radius whose exponential is beyond double precision is refused at once", () => {
	expect(chebyshev.coefficients(700, 6).every(Number.isFinite)).toBe(true);
	for (const radius of [701, 1e6, 1e14, 1e300])
		expect(() => chebyshev.coefficients(radius, 6)).toThrow(/scores reach .* beyond double precision/);
});
