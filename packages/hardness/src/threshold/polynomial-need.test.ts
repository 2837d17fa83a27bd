import { polynomialFamilies } from "@attgrad/approx-gradient";
import { expect, test } from "vitest";
import { chebyshevDegree } from "./polynomial-need.ts";

test.each([
	[0.25, 1e-2, 2],
	[1, 1e-6, 7],
	[4, 1e-8, 17],
	[8, 1e-4, 22],
	[8, 1e-10, 29],
])("at radius %d and relative error %d it is %d, as in the table of paper.md 6", (radius, delta, degree) => {
	expect(chebyshevDegree(radius, delta)).toBe(degree);
});

test("it is the degree that the approximate gradient certifies, where that has one", () => {
	for (const radius of [0.1, 3, 20, 40])
		for (const delta of [0.5, 1e-3, 1e-9])
			expect(chebyshevDegree(radius, delta)).toBe(polynomialFamilies.chebyshev.degreeFor(radius, delta));
});

test("it grows at least as fast as the radius, however large", () => {
	expect(chebyshevDegree(500, 0.1)).toBeGreaterThan(500);
	expect(chebyshevDegree(1000, 0.1) / chebyshevDegree(500, 0.1)).toBeCloseTo(2, 1);
});
