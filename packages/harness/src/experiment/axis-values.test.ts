import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { parseAlgorithms, parseAxis } from "./axis-values.ts";

test.each([
	["1024,2048", [1024, 2048]],
	["2^10..2^13", [1024, 2048, 4096, 8192]],
	["2^3", [8]],
	["10^2..10^4,7", [100, 1000, 10_000, 7]],
	["4, 4 ,2^2", [4]],
	["0.5,.25,1e-6", [0.5, 0.25, 1e-6]],
	["2^5..2^5", [32]],
])("the axis %s is %j", (text, values) => {
	expect(parseAxis("n", text)).toEqual(values);
});

test.each([
	"",
	"0",
	"-1",
	"1,,2",
	"abc",
	"1e999",
	"NaN",
	"Infinity",
	"0x10",
	"2^10..2^9",
	"2^3..3^5",
	"1^0..1^5",
	"2^1000..2^1100",
])("the axis %j is refused", (text) => {
	expect(() => parseAxis("B", text)).toThrow(UsageError);
	expect(() => parseAxis("B", text)).toThrow(/^--B: /);
});

test("an axis of whole numbers takes no others", () => {
	expect(() => parseAxis("n", "1024,0.5", { whole: true })).toThrow("--n: each value must be a whole number >= 1");
	expect(() => parseAxis("n", "3^40", { whole: true })).toThrow("got 3^40");
});

test("algorithms are separated by commas, their settings too", () => {
	expect(parseAlgorithms("dense, exact,dense")).toEqual(["dense", "exact"]);
	expect(parseAlgorithms("dense,polynomial/moment:basis=taylor,degree=4,streaming")).toEqual([
		"dense",
		"polynomial/moment:basis=taylor,degree=4",
		"streaming",
	]);
});
