import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { parseAlgorithms, parseAxis, parseDuration, parseMemory } from "./axis-values.ts";

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

test.each([
	["10s", 10_000],
	["500ms", 500],
	["1.5m", 90_000],
	["1h", 3_600_000],
	["3", 3000],
])("the duration %s is %d ms", (text, milliseconds) => {
	expect(parseDuration("time-limit", text)).toBe(milliseconds);
});

test.each(["", "0s", "-1s", "s", "10 minutes", "1e3s", "soon"])("the duration %j is refused", (text) => {
	expect(() => parseDuration("time-limit", text)).toThrow("--time-limit: expected a duration");
});

test("algorithms are separated by commas, their settings too", () => {
	expect(parseAlgorithms("dense, exact,dense")).toEqual(["dense", "exact"]);
	expect(parseAlgorithms("dense,polynomial/moment:basis=taylor,degree=4,streaming")).toEqual([
		"dense",
		"polynomial/moment:basis=taylor,degree=4",
		"streaming",
	]);
});

test.each([
	["512MB", 512],
	["4GB", 4096],
	["1.5 GiB", 1536],
	["100mib", 100],
])("the amount of memory %s is %d MiB", (text, mebibytes) => {
	expect(parseMemory("memory-limit", text)).toBe(mebibytes);
});

test.each(["4", "0GB", "-1GB", "4TB", "much", ""])("the amount of memory %j is refused", (text) => {
	expect(() => parseMemory("memory-limit", text)).toThrow(
		`--memory-limit: expected an amount like 512MB or 4GB, got ${text}`,
	);
});
