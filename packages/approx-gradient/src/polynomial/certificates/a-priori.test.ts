import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chebyshev } from "../families/chebyshev.ts";
import { totalDegreeApproximation } from "../method/approximation.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { countMonomials } from "../monomials/feature-tree.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import { aPrioriBound, coarseDegree } from "./a-priori.ts";

test.each([
	[2 ** 14, 3, 1, 2 ** -14, 10, 286],
	[2 ** 14, 3, 1, 2 ** -28, 13, 560],
	[2 ** 14, 6, 1, 2 ** -14, 10, 8008],
	[2 ** 14, 12, 1, 2 ** -14, 10, 646646],
	[2 ** 14, 12, 0.5, 2 ** -14, 6, 18564],
	[2 ** 20, 6, 1, 2 ** -20, 12, 18564],
])(
	"the closed form of paper.md 7.2 at n = %i, d = %i, B = %d, epsilon = %d has degree %i, K = %i",
	(n, d, B, epsilon, degree, K) => {
		const found = coarseDegree(chebyshev, B ** 2, epsilon, n, { a1: B, a2: B, H: 1, e: 1 });
		expect(found.degree).toBe(degree);
		expect(countMonomials(d, degree)).toBe(K);
	},
);

test("a rounding floor above the relative error that is needed leaves no degree", () => {
	const sizes = { a1: 1, a2: 1, H: 1, e: 1 };
	const { delta } = coarseDegree(chebyshev, 1, 1e-6, 1000, sizes);
	expect(coarseDegree(chebyshev, 1, 1e-6, 1000, sizes, 2 * delta).degree).toBe(Number.POSITIVE_INFINITY);
	expect(coarseDegree(chebyshev, 1, 1e-6, 1000, sizes, delta / 2).degree).toBeLessThan(20);
});

test("the bound from the data falls with the degree until rounding takes over, and is tighter than the closed form", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryProblem({ B: 1 }), async (problem) => {
			const profile = await profileOf(problem);
			const space = balancedSpace(profile);
			const method = { profile, space, route: routes.moment, family: chebyshev };
			let previous = Number.POSITIVE_INFINITY;
			for (let degree = 1; degree < 9; degree++) {
				const { bound, floor } = aPrioriBound(method, totalDegreeApproximation(method, degree));
				expect(bound).toBeGreaterThanOrEqual(floor);
				expect(bound).toBeLessThanOrEqual(previous * (1 + 1e-3) + 2 * floor);
				previous = bound;
			}
		}),
		{ numRuns: 30 },
	);
});
