import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { columns, type Row } from "../cells/index.ts";
import { chooseColumns, filledColumns, rowTable, whereRows } from "./row-table.ts";
import { formatTable } from "./table-formats.ts";

const row = (values: Partial<Row>): Row => ({
	...{ key: "0123456789abcdef", experiment: "mine", algorithm: "streaming", n: 1024, d: 4, distribution: "uniform" },
	...{ kernel: "simd", status: "done", reason: "", contended: false, started_at: "2026-01-01T00:00:00.000Z" },
	...{ machine: "", commit: "" },
	...values,
});

const rows = [
	row({ time_ms: 12.345678, error_max: 1.23456e-7, extra: { passes: { keys: 1.5 }, list: [1, 2], note: "a|b_c" } }),
	row({ algorithm: "polynomial/moment", n: 4096, time_ms: 3, extra: { passes: { keys: 2 } } }),
];

test("extra becomes columns of its own, nested names joined by dots, behind those of rows.csv", () => {
	const table = rowTable(rows);
	const own = columns.filter((column) => column !== "extra");
	expect(table.columns).toEqual([...own, "extra.passes.keys", "extra.list", "extra.note"]);
	expect(table.records.map((record) => record.slice(-3))).toEqual([
		[1.5, "[1,2]", "a|b_c"],
		[2, undefined, undefined],
	]);
});

test("CSV keeps every digit and reads back as it was", () => {
	const table = chooseColumns(rowTable(rows), ["n", "time_ms", "extra.note"]);
	expect(parse(formatTable(table, "csv"))).toEqual([
		["n", "time_ms", "extra.note"],
		["1024", "12.345678", "a|b_c"],
		["4096", "3", ""],
	]);
});

test("JSON leaves out what does not apply", () => {
	const table = chooseColumns(rowTable(rows), ["n", "extra.note"]);
	expect(JSON.parse(formatTable(table, "json"))).toEqual([{ n: 1024, "extra.note": "a|b_c" }, { n: 4096 }]);
});

test("Markdown shows four digits, numbers to the right, and escapes bars", () => {
	const table = chooseColumns(rowTable(rows), ["algorithm", "n", "error_max", "extra.note"]);
	expect(formatTable(table, "markdown")).toBe(
		[
			"| algorithm | n | error_max | extra.note |",
			"| --- | --: | --: | --- |",
			"| streaming | 1024 | 1.235e-7 | a\\|b_c |",
			"| polynomial/moment | 4096 |  |  |\n",
		].join("\n"),
	);
});

test("LaTeX has powers of ten and escapes", () => {
	const table = chooseColumns(rowTable(rows), ["n", "error_max", "extra.note"]);
	expect(formatTable(table, "latex")).toBe(
		[
			"\\begin{tabular}{rrl}",
			"\\toprule",
			"n & error\\_max & extra.note \\\\",
			"\\midrule",
			"$1024$ & $1.235 \\times 10^{-7}$ & a|b\\_c \\\\",
			"$4096$ &  &  \\\\",
			"\\bottomrule",
			"\\end{tabular}\n",
		].join("\n"),
	);
});

test.each([
	["n>1024", 1],
	["n>=2^10", 2],
	["n=4096", 1],
	["n!=4096", 1],
	["algorithm=streaming", 1],
	["algorithm != streaming", 1],
	["time_ms<5", 1],
	["error_max<1", 1],
	["status=failed", 0],
])("the condition %s holds for %i rows", (condition, count) => {
	expect(whereRows(rowTable(rows), condition).records).toHaveLength(count);
});

test.each(["n", "n~3", "=3", "n>"])("the condition %j is refused", (condition) => {
	expect(() => whereRows(rowTable(rows), condition)).toThrow("a condition is like n>4096");
});

test("a column that is not there is refused with those that are", () => {
	expect(() => chooseColumns(rowTable(rows), ["speed"])).toThrow(/^no column speed \(there are key, experiment/);
	expect(() => whereRows(rowTable(rows), "speed>1")).toThrow(/^no column speed/);
});

test("columns that are empty in every row are left out", () => {
	expect(filledColumns(rowTable(rows)).columns).not.toContain("loss");
	expect(filledColumns(rowTable(rows)).columns).toContain("extra.list");
});
