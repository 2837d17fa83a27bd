import { seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
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

test("the 95 % interval holds the true exponent in 93 to 97 % of noisy data sets", () => {
	const trials = 2000;
	let held = 0;
	for (let trial = 0; trial < trials; trial++) {
		const noise = seededRandom(trial, "noise");
		const points = sizes.map((n) => ({ n, value: 1e-5 * n ** 2 * Math.exp(0.1 * noise.normal()) }));
		const { interval } = fitPowerLaw(points, seededRandom(trial, "bootstrap"), 400)!;
		held += Number(interval[0] <= 2 && 2 <= interval[1]);
	}
	expect(held / trials).toBeGreaterThan(0.93);
	expect(held / trials).toBeLessThan(0.97);
});

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
