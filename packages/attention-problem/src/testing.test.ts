import fc from "fast-check";
import { expect, test } from "vitest";
import { boundMet } from "./index.ts";
import { arbitraryProblem } from "./testing.ts";

test("arbitrary problems are of every size up to what is asked for, and meet B", () => {
	const sizes = new Set<number>();
	fc.assert(
		fc.property(arbitraryProblem({ maxN: 4, maxD: 2, B: 3, among: ["uniform", "clustered"] }), (problem) => {
			sizes.add(10 * problem.n + problem.d);
			expect(boundMet(problem).B).toBeLessThanOrEqual(3 * (1 + 32 * 2 ** -53));
		}),
		{ numRuns: 200 },
	);
	expect([...sizes].sort()).toEqual([11, 12, 21, 22, 31, 32, 41, 42]);
});
