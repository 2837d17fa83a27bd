import fc from "fast-check";
import { expect, test } from "vitest";
import { linearTicks, power, powerOfTenTicks, powerOfTwoTicks } from "./ticks.ts";

const labels = (ticks: readonly { label: string }[]) => ticks.map(({ label }) => label);

test("powers of two are written out while they are short", () => {
	expect(labels(powerOfTwoTicks([200, 9000]))).toEqual(["256", "512", "1,024", "2,048", "4,096", "8,192"]);
	expect(labels(powerOfTwoTicks([2 ** 10, 2 ** 20], 6))).toEqual(["2¹⁰", "2¹²", "2¹⁴", "2¹⁶", "2¹⁸", "2²⁰"]);
});

test("powers of ten are written out while they are short", () => {
	expect(labels(powerOfTenTicks([0.04, 2e4]))).toEqual(["0.1", "1", "10", "100", "1,000", "10,000"]);
	expect(labels(powerOfTenTicks([1e-13, 5], 5))).toEqual(["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]);
	expect(labels(powerOfTenTicks([3, 150]))).toEqual(["5", "10", "20", "50", "100"]);
	expect(labels(powerOfTenTicks([3, 150], 3))).toEqual(["10", "100"]);
	expect(labels(powerOfTenTicks([0.3, 0.7]))).toEqual(["0.5"]);
	expect(power(10, -120)).toBe("10⁻¹²⁰");
});

test("linear ticks are round", () => {
	expect(labels(linearTicks([0.5, 14.5]))).toEqual(["2", "4", "6", "8", "10", "12", "14"]);
	expect(labels(linearTicks([0, 0.9], 3))).toEqual(["0", "0.5"]);
	expect(labels(linearTicks([0, 5000], 3))).toEqual(["0", "2,000", "4,000"]);
});

test("ticks lie in the range, and there are not too many", () => {
	const range = fc
		.tuple(fc.double({ min: 1e-15, max: 1e15, noNaN: true }), fc.double({ min: 1.0001, max: 1e9, noNaN: true }))
		.map(([low, factor]) => [low, low * factor] as const);
	fc.assert(
		fc.property(range, fc.integer({ min: 2, max: 12 }), ([low, high], most) => {
			for (const [make, forth] of [
				[linearTicks, Number],
				[powerOfTenTicks, Math.log],
				[powerOfTwoTicks, Math.log],
			] as const) {
				const ticks = make([low, high], most);
				expect(ticks.length).toBeLessThanOrEqual(most + 1);
				// Rounding may put a tick outside by a part of the axis that no eye sees.
				const [start, end] = [forth(low), forth(high)];
				const invisible = 1e-6 * (end - start) + 1e-8 * Math.abs(start);
				for (const { value } of ticks) {
					expect(forth(value)).toBeGreaterThanOrEqual(start - invisible);
					expect(forth(value)).toBeLessThanOrEqual(end + invisible);
				}
			}
		}),
	);
});
