import fc from "fast-check";
import { expect, test } from "vitest";
import { crossover, exactTime, leastCrossover, lowRankTime } from "./costs.ts";

const widths = fc.record({ d: fc.integer({ min: 1, max: 128 }), d_v: fc.integer({ min: 1, max: 128 }) });
const ranks = fc
	.record({ rank: fc.integer({ min: 1, max: 2000 }), more: fc.integer({ min: 0, max: 2000 }) })
	.map(({ rank, more }) => ({ rank, features: rank + more }));

test("a low-rank pass pays exactly from its crossover on", () => {
	fc.assert(
		fc.property(ranks, widths, fc.double({ min: 1, max: 50, noNaN: true }), (approximation, of, times) => {
			const n = crossover(approximation, of);
			const pays = (tokens: number): boolean => lowRankTime(tokens, approximation, of) <= exactTime(tokens, of);
			expect([pays(n - 1), pays(n), pays(Math.ceil(times * n))]).toEqual([n === 1, true, true]);
		}),
	);
});

test("more features never pay earlier, and no certified pass pays before one of its rank without a proof", () => {
	fc.assert(
		fc.property(ranks, widths, ({ rank, features }, of) => {
			const own = crossover({ rank, features }, of);
			expect(crossover({ rank, features: features + 1 }, of)).toBeGreaterThanOrEqual(own);
			const least = leastCrossover(rank, of);
			expect(least).toBeLessThanOrEqual(own);
			// Features and products grow with the rank at least in proportion.
			expect(leastCrossover(2 * rank, of)).toBeGreaterThanOrEqual(2 * least - 2);
		}),
	);
});

test("the first heads of the text recogniser pay from about where they were measured to: 2000 to 4500 tokens at rank 64, 4000 to 8000 at 128", () => {
	const of = { d: 15, d_v: 15 };
	expect(leastCrossover(64, of)).toBeGreaterThan(500);
	expect(crossover({ rank: 64, features: 64 }, of)).toBeGreaterThan(2000);
	expect(crossover({ rank: 64, features: 64 }, of)).toBeLessThan(4500);
	expect(crossover({ rank: 128, features: 128 }, of)).toBeGreaterThan(4000);
	expect(crossover({ rank: 128, features: 128 }, of)).toBeLessThan(8000);
});
