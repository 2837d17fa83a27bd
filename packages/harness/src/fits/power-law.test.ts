import { seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { holds, noises, noisyCurve, powersFrom256, share } from "../testing/synthetic-times.ts";
import { describeExponent, fitPowerLaw, leastSizes, type SizedValue } from "./power-law.ts";

const sizes = Array.from({ length: 8 }, (_, i) => 2 ** (8 + i));

test("a power law without noise is found, with an interval of no width", () => {
	fc.assert(
		fc.property(
			fc.double({ min: -1, max: 3, noNaN: true }),
			fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
			(a, c) => {
				const points = sizes.map((n) => ({ n, value: c * n ** a }));
				const fit = fitPowerLaw(points, seededRandom(1), 50)!;
				expect(fit.exponent).toBeCloseTo(a, 9);
				expect(fit.coefficient / c).toBeCloseTo(1, 7);
				expect(fit.interval[1] - fit.interval[0]).toBeLessThan(1e-9);
			},
		),
	);
});

// Of 4000 trials at 95 % the share is off by 0.35 %, one standard deviation.
test.each(Object.entries(noises).flatMap(([name, noise]) => [4, 8].map((count) => [name, count, noise] as const)))(
	"the 95 %% interval holds the true exponent in 93 to 97 %% of data sets with noise that is %s, at %i sizes",
	(_name, count, noise) => {
		const held = share(4000, (seed) => {
			const points = noisyCurve(powersFrom256(count), (n) => 1e-5 * n ** 2, noise, seed);
			return holds(fitPowerLaw(points, seededRandom(seed, "bootstrap"), 199)!.interval, 2);
		});
		expect(held).toBeGreaterThan(0.93);
		expect(held).toBeLessThan(0.97);
	},
);

test("the same seed gives the same interval", () => {
	const points: SizedValue[] = sizes.map((n, i) => ({ n, value: n * (1 + (i % 3) / 10) }));
	expect(fitPowerLaw(points, seededRandom(4))).toEqual(fitPowerLaw(points, seededRandom(4)));
});

test("too few sizes give no fit", () => {
	const points = sizes.slice(0, leastSizes - 1).flatMap((n) => [1, 2, 3].map((value) => ({ n, value: n * value })));
	expect(fitPowerLaw(points, seededRandom(1))).toBeUndefined();
});

test("an exponent is told with the wider half of its interval, rounded up", () => {
	const law = { exponent: 1.9912, coefficient: 1, interval: [1.981, 2.0024] as const, sizes: 8 };
	expect(describeExponent(law)).toBe("1.99 ± 0.02");
	expect(describeExponent({ ...law, interval: [1.9912, 1.9912] })).toBe("1.99 ± 0.00");
});
