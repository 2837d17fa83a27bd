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
