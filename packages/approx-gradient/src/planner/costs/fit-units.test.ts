import fc from "fast-check";
import { expect, test } from "vitest";
import { fitUnits } from "./fit-units.ts";

test("unit times that explain every measurement are found", () => {
	const unit = fc.double({ min: 0.01, max: 100, noNaN: true });
	fc.assert(
		fc.property(unit, unit, (a, b) => {
			const terms = [1, 10, 100, 1000].map((size) => [1, size]);
			const found = fitUnits(
				terms,
				terms.map(([one, size]) => a * one + b * size),
			);
			// Coordinate descent stops short of the solution: a tenth of a percent is far below the noise of a clock.
			expect(Math.abs(found[0] - a)).toBeLessThanOrEqual(1e-3 * (a + b));
			expect(Math.abs(found[1] - b)).toBeLessThanOrEqual(1e-3 * b);
		}),
	);
});

test("no unit takes less than no time", () => {
	// A larger problem measured as faster: the slope would be negative.
	expect(
		fitUnits(
			[
				[1, 1],
				[1, 2],
			],
			[2, 1],
		).every((x) => x >= 0),
	).toBe(true);
});

test("what measurements leave open is as on a like machine, so many times as fast", () => {
	// The second unit shows in no measurement: it takes part in the factor of the first.
	const [first, second] = fitUnits(
		[
			[1, 0],
			[2, 0],
		],
		[6, 12],
		[2, 5],
	);
	expect(first).toBeCloseTo(6, 6);
	expect(second).toBeCloseTo(15, 6);
});

test("measurements that tell a unit outweigh what is expected of it", () => {
	// Ten times the expected second unit: expected to weigh a twentieth, it draws the unit down by less than a tenth.
	const terms = [1, 10, 100, 1000].map((size) => [1, size]);
	const times = terms.map(([one, size]) => 3 * one + 10 * size);
	const [, second] = fitUnits(terms, times, [3, 1]);
	expect(second).toBeGreaterThan(9);
	expect(second).toBeLessThan(10.1);
});
