import { expect, test } from "vitest";
import { holds, noiseOfMedians, noisyCurve, normalNoise, powersFrom256, share } from "../testing/synthetic-times.ts";
import { findCrossover } from "./crossover.ts";

const sizes = powersFrom256(10);
const square = (n: number) => 1e-5 * n ** 2;
/** Crosses `square` at n = 5000. */
const linear = (n: number) => 0.05 * n;
const exact = (truth: (n: number) => number, at = sizes) => at.map((n) => ({ n, value: truth(n) }));

test("two curves without noise cross where they do, whichever comes first", () => {
	const one = findCrossover(exact(square), exact(linear))!;
	expect(one.n / 5000).toBeCloseTo(1, 9);
	expect(one).toMatchObject({ lowerAbove: "second", extrapolated: false });
	expect(findCrossover(exact(linear), exact(square))).toMatchObject({ lowerAbove: "first" });
});

test("a crossing outside the sizes that both curves have is called an extrapolation", () => {
	expect(findCrossover(exact(square, sizes.slice(0, 4)), exact(linear))).toMatchObject({ extrapolated: true });
	expect(findCrossover(exact(square, sizes.slice(6)), exact(linear))).toMatchObject({ extrapolated: true });
});

test("a curve that bends at small n crosses where it does at the sizes about the crossing", () => {
	const bent = (n: number) => 200 + 0.001 * n;
	const wide = powersFrom256(13);
	// 1e-5 n² = 200 + 0.001 n at n = 4522.4; over six sizes its law is off by a few percent.
	expect(findCrossover(exact(square, wide), exact(bent, wide))!.n / 4522.4).toBeCloseTo(1, 1);
});

test.each([
	["normal", normalNoise],
	["that of medians", noiseOfMedians],
] as const)(
	"the 95 %% interval of n* holds the true one in 93 to 97 %% of data sets with noise that is %s",
	(_name, noise) => {
		const held = share(4000, (seed) => {
			const first = noisyCurve(sizes, square, noise, seed, "first");
			const second = noisyCurve(sizes.slice(1), linear, (random) => 0.04 * random.normal(), seed, "second");
			return holds(findCrossover(first, second)!.interval, 5000);
		});
		expect(held).toBeGreaterThan(0.93);
		expect(held).toBeLessThan(0.97);
	},
);

test("parallel curves and curves of few sizes have no crossing", () => {
	expect(
		findCrossover(
			exact(linear),
			exact((n) => 2 * linear(n)),
		),
	).toBeUndefined();
	expect(findCrossover(exact(square, sizes.slice(0, 3)), exact(linear))).toBeUndefined();
});
