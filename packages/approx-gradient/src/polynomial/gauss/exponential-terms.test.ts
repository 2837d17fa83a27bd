import { describe, expect, test } from "vitest";
import { LIMITS } from "./bounds/limits.ts";
import { exponentialTerms } from "./exponential-terms.ts";
import { exponential, fixed, polynomialAt, size, toNumber } from "./testing/fixed-point.ts";

describe("terms in place of exp", () => {
	test.each([1e-9, 0.07, 0.5, 1, 1.01, 2, 4, 8, 8.08, 12, 12.12])(
		"are within their remainder at radius %s, in 100 digits",
		(radius) => {
			for (const [least, precision, most] of [0, 3, 8, 14, 40].flatMap((least) => [
				[least, "double", 2 ** -52] as const,
				[least, "single", 2 ** -33] as const,
			])) {
				const { terms, remainder } = exponentialTerms(radius, least, precision);
				expect(terms.length).toBeGreaterThan(least);
				expect(remainder).toBeLessThan(most);
				expect(Math.min(...terms)).toBeGreaterThan(0);
				for (let i = -16; i <= 16; i++) {
					const s = (radius * i) / 16;
					const error = toNumber(size(exponential(fixed(s)) - polynomialAt(terms, fixed(s))));
					// Terms are rounded once or twice.
					expect(error).toBeLessThanOrEqual(remainder + 2 ** -52 * Math.exp(Math.abs(s)));
				}
			}
		},
	);

	test("are there at every radius up to the largest of a row, in either precision", () => {
		for (let radius = 1 / 16; radius <= 1.01 * LIMITS.radius + 1 / 16; radius += 1 / 16)
			for (const precision of ["double", "single"] as const)
				for (const least of [0, 4, 8, 12])
					expect(exponentialTerms(radius, least, precision).terms.length).toBeGreaterThan(least);
	});

	test("are fewer than those of the Taylor polynomial", () => {
		let [M, left] = [0, Math.E];
		for (; left > 2 ** -53; left /= M + 1) M++;
		expect(exponentialTerms(1, 2).terms.length - 1).toBeLessThan(M - 2);
		expect(exponentialTerms(1, 2, "single").terms.length - 1).toBe(10);
	});
});
