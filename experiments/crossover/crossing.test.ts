import fc from "fast-check";
import { expect, test } from "vitest";
import { crossing, predictedCrossing } from "./crossing.ts";

test("n² and n cross where they should, measured at powers of two or predicted", () => {
	fc.assert(
		fc.property(fc.double({ min: 65, max: 4000, noNaN: true }), (star) => {
			const [exact, polynomial] = [(n: number) => n * n, (n: number) => star * n];
			const times = Array.from({ length: 8 }, (_, k) => 64 * 2 ** k).map((n) => ({
				n,
				exact: exact(n),
				polynomial: polynomial(n),
			}));
			// Power laws are linear in logarithms: only rounding is left. The prediction stops within a thousandth.
			expect(crossing(times)! / star).toBeCloseTo(1, 9);
			expect(predictedCrossing(exact, polynomial) / star).toBeCloseTo(1, 2);
		}),
	);
});

test("without a crossing there is none", () => {
	const at = (n: number, exact: number) => ({ n, exact, polynomial: 1 });
	expect(crossing([at(64, 0.1), at(128, 0.5)])).toBeUndefined();
	expect(crossing([at(64, 2), at(128, 5)])).toBe(64);
	expect(
		predictedCrossing(
			() => 1,
			() => 2,
		),
	).toBe(Number.POSITIVE_INFINITY);
});

test("the crossing is the last one: a slip at a small n does not count", () => {
	const at = (n: number, exact: number) => ({ n, exact, polynomial: 1 });
	expect(crossing([at(64, 2), at(128, 0.5), at(256, 2)])).toBeGreaterThan(128);
});
