import { expect, test } from "vitest";
import { parseNumber } from "./number.ts";

test.each([
	["16384", 16384],
	["1e-6", 1e-6],
	[".5", 0.5],
	["-3", -3],
	["2^14", 16384],
	["2^-20", 2 ** -20],
	[" 7 ", 7],
	["1e999", Number.POSITIVE_INFINITY],
])("%j is a number", (text, number) => {
	expect(parseNumber(text)).toBe(number);
});

test.each(["", "x", "1x", "2^", "^3", "2^3^4", "0x10", "1,5", "NaN", "Infinity", "--1"])("%j is no number", (text) => {
	expect(parseNumber(text)).toBeUndefined();
});
