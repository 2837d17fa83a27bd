import { expect, test } from "vitest";
import { drawnValue, numberText } from "./number-text.ts";

test.each([
	[65536, "65,536"],
	[0.25, "0.25"],
	[-0.5, "−0.5"],
	[0, "0"],
	[1e-6, "10⁻⁶"],
	[3.1e-5, "3.1·10⁻⁵"],
	[2 ** 20, "1,048,576"],
	[2 ** 21, "2²¹"],
	[2 ** 100, "2¹⁰⁰"],
	[2 ** 1000, "2¹⁰⁰⁰"],
	[3 * 2 ** 100, "3.8·10³⁰"],
	[1e7, "10,000,000"],
])("%d is written %s", (value, text) => {
	expect(numberText(value)).toBe(text);
});

test("a drawing has six digits of a value, and whole numbers as they are", () => {
	expect(drawnValue(1 / 3)).toBe(0.333333);
	expect(drawnValue(2 ** 40)).toBe(2 ** 40);
});
