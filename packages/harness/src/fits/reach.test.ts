import { expect, test } from "vitest";
import { holds, noiseOfMedians, noisyCurve, normalNoise, powersFrom256, share } from "../testing/synthetic-times.ts";
import { largestWithin } from "./reach.ts";

const sizes = powersFrom256(9);
const square = (n: number) => 1e-5 * n ** 2;

test.each([
	[10, false],
	[1000, false],
	[60_000, true],
	[0.1, true],
])("within %d ms goes the n whose time it is", (limit, extrapolated) => {
	const reach = largestWithin(
		sizes.map((n) => ({ n, value: square(n) })),
		limit,
	)!;
	expect(reach.n / Math.sqrt(limit / 1e-5)).toBeCloseTo(1, 9);
	expect(reach.extrapolated).toBe(extrapolated);
});

test.each([
	["normal", 100, normalNoise],
	["normal", 10_000, normalNoise],
	["that of medians", 100, noiseOfMedians],
	["that of medians", 10_000, noiseOfMedians],
] as const)(
	"the 95 %% interval holds the true n in 93 to 97 %% of data sets with noise that is %s, for %d ms",
	(_, limit, noise) => {
		const held = share(4000, (seed) => {
			const reach = largestWithin(noisyCurve(sizes, square, noise, seed), limit)!;
			return holds(reach.interval, Math.sqrt(limit / 1e-5));
		});
		expect(held).toBeGreaterThan(0.93);
		expect(held).toBeLessThan(0.97);
	},
);

test("a curve that does not grow, is too short, or is above the limit at n = 1 has no such n", () => {
	expect(
		largestWithin(
			sizes.map((n) => ({ n, value: 5 + (n % 3) })),
			10,
		),
	).toBeUndefined();
	expect(
		largestWithin(
			sizes.slice(0, 3).map((n) => ({ n, value: n })),
			10,
		),
	).toBeUndefined();
	expect(
		largestWithin(
			sizes.map((n) => ({ n, value: 100 * n })),
			10,
		),
	).toBeUndefined();
});
