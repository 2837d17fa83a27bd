import fc from "fast-check";
import { expect, test } from "vitest";
import { firstAbove } from "./first-above.ts";

test("the first number above x is found as by looking at each, among equal ones too", () => {
	const digit = fc.integer({ min: -4, max: 4 });
	fc.assert(
		fc.property(fc.array(digit, { minLength: 1, maxLength: 40 }), digit, (given, x) => {
			const numbers = given.sort((a, b) => a - b);
			const first = numbers.findIndex((number) => number > x);
			expect(firstAbove(numbers, x)).toBe(first < 0 ? numbers.length - 1 : first);
		}),
	);
});
