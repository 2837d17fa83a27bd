import { expect, test } from "vitest";
import { readDuration, readMemory, shortDuration } from "./amounts.ts";

test.each([
	["10s", 10_000],
	["500ms", 500],
	["1.5m", 90_000],
	["2 min", 120_000],
	["1h", 3_600_000],
	["3", 3000],
])("the duration %s is %d ms", (text, milliseconds) => {
	expect(readDuration(text)).toBe(milliseconds);
});

test.each(["", "0s", "0", "-1s", "-1", "s", "10 minutes", "1e3s", "soon", "10GB"])("%j is no duration", (text) => {
	expect(readDuration(text)).toBeUndefined();
});

test.each([
	["512MB", 512],
	["4GB", 4096],
	["1.5 GiB", 1536],
	["100mib", 100],
	["2G", 2048],
	["1TB", 2 ** 20],
	["512KiB", 0.5],
	["400", 400],
])("the amount of memory %s is %d MiB", (text, mebibytes) => {
	expect(readMemory(text)).toBe(mebibytes);
});

test.each(["", "0GB", "0", "-1GB", "-1", "4PB", "much", "GB", "10s"])("%j is no amount of memory", (text) => {
	expect(readMemory(text)).toBeUndefined();
});

test("durations for people have two digits below a hundred, and the unit that fits", () => {
	const short = [0, 0.0412, 0.4, 41.3, 412.3, 999.4, 1234, 12_345, 59_000, 61_000, 200_000, 9_000_000].map((ms) =>
		shortDuration(ms),
	);
	expect(short).toEqual([
		...["0 s", "41 µs", "400 µs", "41 ms", "412 ms", "999 ms", "1.2 s", "12 s", "59 s"],
		...["1 min", "3.3 min", "2.5 h"],
	]);
});

test("three digits where asked for", () => {
	expect([0.25, 12.54, 3210, 246_000].map((ms) => shortDuration(ms, 3))).toEqual([
		"250 µs",
		"12.5 ms",
		"3.21 s",
		"4.1 min",
	]);
});
