import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { darkSpec } from "./page/dark.js";
import { shown } from "./page/numbers.js";
import { csvOf, matches, orderOf } from "./page/rows.js";
import { zoomedTicks } from "./page/ticks.js";
import { changedDomain } from "./page/zoom.js";
import { distributionOf } from "./sections/distribution.ts";

const column = (name: string, isNumber = false) => ({ name, isNumber, isShown: true });

test("a CSV of any fields is read back as it was", () => {
	// A record of one empty field is an empty line, which no CSV can tell from none.
	const row = fc.array(fc.string({ unit: "grapheme" }), { minLength: 2, maxLength: 2 });
	fc.assert(
		fc.property(fc.array(row), (rows) => {
			const text = csvOf([column("a"), column("b")], rows);
			expect(parse(text)).toEqual([["a", "b"], ...rows]);
		}),
	);
});

test("rows are ordered by size, what does not apply last in either direction", () => {
	const rows = [["1000"], [""], ["2"], ["3e-5"]];
	expect(orderOf(rows, 0, true, "ascending")).toEqual([3, 2, 0, 1]);
	expect(orderOf(rows, 0, true, "descending")).toEqual([0, 2, 3, 1]);
});

test("a filter finds words anywhere and values of a column", () => {
	const columns = [column("algorithm"), column("n", true)];
	const row = ["polynomial/moment", "1024"];
	const found = (wanted: string) => matches(row, columns, wanted);
	expect(["", "moment", "MOMENT n=1024", "n=1.024e3"].map(found)).toEqual([true, true, true, true]);
	expect(["dense", "n=102", "moment n=512"].map(found)).toEqual([false, false, false]);
	// As people write it, and as the table shows it.
	expect(["n=1,024", "n=2^10", "1,024"].map(found)).toEqual([true, true, true]);
	const large = (wanted: string) => matches(["streaming", "1.2676506002282294e+30"], columns, wanted);
	expect(["n=2^100", "2^100", "n=2^99", "n="].map(large)).toEqual([true, true, false, false]);
});

test("zooming in and out again gives the range there was, on both kinds of axis", () => {
	fc.assert(
		fc.property(fc.boolean(), fc.double({ min: 0.1, max: 10, noNaN: true }), (isLog, factor) => {
			const [low, high] = changedDomain(changedDomain([2, 2048], isLog, { factor }), isLog, { factor: 1 / factor });
			// Each of the few roundings is relative to a range at most 10 times as wide.
			expect(low).toBeCloseTo(2, 8);
			expect(high).toBeCloseTo(2048, 8);
		}),
	);
});

test("what is zoomed about stays in its place", () => {
	const [low, high] = changedDomain([1, 100], true, { factor: 0.5, about: 10 });
	expect(Math.log(10 / low) / Math.log(high / low)).toBeCloseTo(0.5, 12);
});

test("a dark page changes colours of marks and leaves data alone", () => {
	const spec = {
		marks: [{ fill: "#000000", stroke: "white" }],
		data: [{ values: [{ ink: "white" }] }],
		scales: [
			{ type: "log", range: ["white", "#0072B2"] },
			{ type: "ordinal", range: ["#0072B2"] },
		],
	};
	expect(darkSpec(spec)).toEqual({
		marks: [{ fill: "#F2F2F2", stroke: "#1B1F24" }],
		data: [{ values: [{ ink: "white" }] }],
		scales: [
			{ type: "log", range: ["white", "#0072B2"] },
			{ type: "ordinal", range: ["#4AA8F0"] },
		],
	});
});

test("numbers are short", () => {
	expect([1024, 0.0000123456, 12.34567, 1e12, 2 ** 100].map(shown)).toEqual([
		"1,024",
		"1.235e-5",
		"12.35",
		"1e+12",
		"2^100",
	]);
});

test("a filter compares numbers, with spaces or without", () => {
	const columns = [column("algorithm"), column("n", true), column("time_ms", true), column("status")];
	const found = (wanted: string) => matches(["streaming", "4096", "", "done"], columns, wanted);
	expect(["n > 1024", "n>=4096", "n <= 2^12", "n<4,097", "n != 512", "n > 1024 streaming"].map(found)).toEqual(
		Array(6).fill(true),
	);
	expect(["n > 4096", "n<4096", "n != 4096", "n > 1024 dense"].map(found)).toEqual(Array(4).fill(false));
	// Missing values are neither above nor below.
	expect(["time_ms > 0", "time_ms < 1e9", "time_ms >= 0"].map(found)).toEqual([false, false, false]);
	expect(["status != done", "status != skipped"].map(found)).toEqual([false, true]);
});

test("an axis that is zoomed has two ticks or more, within what it shows, each with a label of its own", () => {
	const kinds = fc.constantFrom("linear" as const, "log" as const, "powers-of-two" as const);
	const number = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
	fc.assert(
		fc.property(
			kinds,
			number,
			fc.double({ min: 1.05, max: 1e9, noNaN: true }),
			fc.integer({ min: 4, max: 12 }),
			(kind, low, ratio, most) => {
				const ticks = zoomedTicks([low, low * ratio], kind, most);
				expect(ticks.length).toBeGreaterThan(1);
				expect(ticks.length).toBeLessThanOrEqual(2 * most + 1);
				for (const { value } of ticks) {
					expect(value).toBeGreaterThanOrEqual(low * (1 - 1e-8));
					expect(value).toBeLessThanOrEqual(low * ratio * (1 + 1e-8));
				}
				expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
			},
		),
	);
});

test("powers of two stay powers of two while two of them are in sight", () => {
	const labels = (low: number, high: number) => zoomedTicks([low, high], "powers-of-two", 8).map(({ label }) => label);
	expect(labels(900, 5000)).toEqual(["1,024", "2,048", "4,096"]);
	expect(labels(2 ** 19, 2 ** 21)).toEqual(["2¹⁹", "2²⁰", "2²¹"]);
	expect(labels(1100, 1900)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `1,${digit}00`));
});

test("a distribution has every time in a bar, the slowest in the last", () => {
	const rounds = [Array.from({ length: 60 }, (_, i) => 1 + i / 100), [...Array(39).fill(1.3), 50]];
	const { count, low, high, median, bins, rounds: middles } = distributionOf(rounds);
	expect([count, low]).toEqual([100, 1]);
	expect(high).toBeLessThan(2);
	expect(median).toBeCloseTo(1.3, 9);
	expect(bins.reduce((sum, bin) => sum + bin, 0)).toBe(100);
	expect(bins.at(-1)).toBeGreaterThan(0);
	expect(middles).toHaveLength(2);
	expect(distributionOf([[3]])).toMatchObject({ count: 1, low: 3, high: 3, median: 3, rounds: [0] });
});
