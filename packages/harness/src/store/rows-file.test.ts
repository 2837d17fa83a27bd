import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Column, columns, type Row, statuses } from "../cells/row.ts";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { headerLine, readRows, rowLine } from "./rows-file.ts";

const temporary = temporaryFolder();
const path = join(temporary, "rows.csv");

/** Reads a file that holds this. */
function reading(content: string | Uint8Array) {
	writeFileSync(path, content);
	return readRows(path);
}

test("the header is the CSV contract", () => {
	expect(headerLine).toBe(
		"key,experiment,algorithm,n,d,B,epsilon,relative,distribution,seed,dtype,threads,kernel,degree,rank,radius," +
			"status,reason,time_ms,time_mad_ms,time_min_ms,samples,peak_rss_mb,loss,error_max,error_rel,error_bound,bound_rel," +
			"bound_kind,confidence,extra,contended,started_at,machine,commit\n",
	);
});

const text = fc.string({ unit: "binary" }).map((any) => any.replace(/[\r\n]/g, ""));
/** Not −0, which is written as 0. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((any) => any + 0);
const notNegative = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 });
const anyRow = fc.record(
	{
		epsilon: notNegative,
		degree: fc.nat(),
		time_ms: notNegative,
		loss: finite,
		error_bound: notNegative,
		bound_kind: fc.constantFrom("a-priori", "a-posteriori", "estimate", "none"),
		extra: fc.dictionary(fc.string(), fc.jsonValue()).map((any) => JSON.parse(JSON.stringify(any))),
		reason: text,
		machine: text,
		status: fc.constantFrom(...statuses),
		contended: fc.boolean(),
	},
	{ requiredKeys: ["reason", "machine", "status", "contended"] },
) as fc.Arbitrary<Partial<Row>>;

test("a row that is written is read back as it was", () => {
	fc.assert(
		fc.property(fc.array(anyRow, { maxLength: 4 }), (changes) => {
			const rows = changes.map((change, i) => sampleRow({ ...change, key: sampleKey(i) }));
			expect(reading(headerLine + rows.map(rowLine).join(""))).toMatchObject({ rows, cutBytes: 0 });
		}),
	);
});

test("a row is one line", () => {
	expect(() => rowLine(sampleRow({ reason: "two\nlines" }))).toThrow("reason cannot be");
});

test("a number that is not finite is not written", () => {
	expect(() => rowLine(sampleRow({ loss: Number.NaN }))).toThrow("loss cannot be");
});

test("a file that is not there has no rows", () => {
	expect(readRows(join(path, "no-such-file"))).toMatchObject({ rows: [], missing: [], completeBytes: 0, cutBytes: 0 });
});

test("wherever a crash cuts the file, the whole lines are read and the rest is told", () => {
	const rows = [1, 2].map((number) => sampleRow({ key: sampleKey(number), machine: "größer, «2»" }));
	const bytes = Buffer.from(headerLine + rows.map(rowLine).join(""));
	for (let length = 0; length <= bytes.length; length++) {
		const cut = bytes.subarray(0, length);
		const lineEnds = cut.filter((byte) => byte === 0x0a).length;
		const read = reading(cut);
		expect(read.rows).toEqual(rows.slice(0, Math.max(0, lineEnds - 1)));
		expect(read.completeBytes + read.cutBytes).toBe(length);
		expect(read.cutBytes).toBe(length - (cut.lastIndexOf(0x0a) + 1));
	}
});

/** A file without these columns, as a version before them would have written it. */
function without(names: readonly Column[], rows: readonly Row[]): string {
	const kept = columns.filter((column) => !names.includes(column));
	const fields = rows.map((row) => parse(rowLine(row))[0] as string[]);
	const lines = [kept, ...fields.map((all) => kept.map((column) => all[columns.indexOf(column)]))];
	return stringify(lines, { record_delimiter: "unix" });
}

test("a file of an older version with fewer columns is read, without the values that it does not have", () => {
	const row = sampleRow({ error_bound: 2, extra: { a: [1, "x,y"] }, contended: true });
	const read = reading(without(["time_mad_ms", "bound_kind", "contended", "commit"], [row]));
	expect(read.missing).toEqual(["time_mad_ms", "bound_kind", "contended", "commit"]);
	expect(read.rows).toEqual([{ ...row, contended: false, commit: "" }]);
});

test("whatever columns an older version lacked, its rows are read or the missing column is named", () => {
	fc.assert(
		fc.property(fc.subarray([...columns]), (names) => {
			const needed = ["key", "experiment", "algorithm", "n", "d", "status", "started_at"] as const;
			const content = without(names, [sampleRow()]);
			const lacks = columns.find((column) => names.includes(column) && needed.includes(column as "key"));
			if (names.length === columns.length) return;
			if (lacks)
				expect(() => reading(content)).toThrow(`line 1: not the header of a rows.csv: there is no column ${lacks}`);
			else expect(reading(content).rows[0].key).toBe(sampleRow().key);
		}),
	);
});

test("a bad value in a file of an older version is refused with its line", () => {
	const content = without(["commit"], [sampleRow(), sampleRow({ key: sampleKey(2) })]);
	const line3 = content.lastIndexOf("12.5");
	expect(() => reading(`${content.slice(0, line3)}fast${content.slice(line3 + 4)}`)).toThrow(
		`${path} line 3: time_ms is "fast", expected a number`,
	);
});

test("a file of a newer version is refused with the column that is not known", () => {
	expect(() => reading(headerLine.replace("\n", ",mood\n") + good.replace("\n", ",fine\n"))).toThrow(
		`${path} line 1: unknown column "mood": a newer version wrote it`,
	);
});

const good = rowLine(sampleRow());
const edited = (from: string, to: string) =>
	headerLine + good.replace(from, to) + rowLine(sampleRow({ key: sampleKey(2) }));

test.each([
	["another header", `a,b,c\n${good}`, "line 1: not the header"],
	["a header of other text without a line end", "hello", "line 1: not the header"],
	["a number that is none", edited("12.5", "fast"), 'line 2: time_ms is "fast", expected a number'],
	["a number that is not finite", edited("12.5", "Infinity"), 'line 2: time_ms is "Infinity", expected a number'],
	["half a key", edited("0123456789", "01"), 'line 2: key is "01abcdef", expected 16 hexadecimal digits'],
	[
		"a number beyond all others",
		edited("12.5", "1e999"),
		'line 2: time_ms is "1e999", expected a number that is finite',
	],
	["a negative time", edited("12.5", "-12.5"), 'line 2: time_ms is "-12.5", expected a number >= 0'],
	["a size of none", edited(",1024,", ",0,"), 'line 2: n is "0", expected a whole number >= 1'],
	["a negative size", edited(",1024,", ",-3,"), 'line 2: n is "-3", expected a whole number >= 1'],
	["a size that is not whole", edited(",1024,", ",10.5,"), 'line 2: n is "10.5", expected a whole number >= 1'],
	["no samples", edited(",20,", ",0,"), 'line 2: samples is "0", expected a whole number >= 1'],
	[
		"columns between semicolons",
		(headerLine + good).replaceAll(",", ";"),
		"line 1: columns are separated by semicolons, expected commas",
	],
	["UTF-16", Buffer.from(`\ufeff${headerLine}${good}`, "utf16le"), "line 1: not UTF-8 text"],
	["an unknown status", edited("done", "fine"), 'line 2: status is "fine", expected'],
	[
		"a seed that is not whole",
		edited(",uniform,1,", ",uniform,1.5,"),
		'line 2: seed is "1.5", expected a whole number',
	],
	["JSON that is not quoted", edited(",,false,", ',{"a":1},false,'), "line 2: Invalid Opening Quote"],
	["JSON that is cut", edited(",,false,", ",{1,false,"), 'line 2: extra is "{1", expected a JSON object'],
	["JSON that is no object", edited(",,false,", ",[1],false,"), 'line 2: extra is "[1]", expected a JSON object'],
	["a field too few", edited("uniform,", ""), "line 2: expected 35 fields, got 34"],
	["a field too many", edited("uniform,", "uniform,,"), "line 2: expected 35 fields, got 36"],
	[
		"a line that was cut in the middle of the file",
		edited(/,js.*\n/.exec(good)![0], "\n"),
		"line 2: expected 35 fields",
	],
	["a quote that is not closed", edited("uniform", '"uniform'), "line "],
	["a key that stands twice", headerLine + good + good, "line 3: key 0123456789abcdef already stands on line 2"],
	[
		"bytes that are not UTF-8",
		Buffer.concat([Buffer.from(headerLine + good), Buffer.from([0xff, 0xfe, 0x0a])]),
		"line 3: not UTF-8 text",
	],
	[
		"zeros in the middle",
		Buffer.concat([Buffer.from(headerLine), Buffer.alloc(8), Buffer.from(`\n${good}`)]),
		"line 2: expected 35 fields",
	],
])("%s is refused with its line, and the file is left as it is", (_, content, complaint) => {
	expect(() => reading(content)).toThrow(UsageError);
	expect(() => reading(content)).toThrow(`${path} ${complaint}`);
	expect(() => reading(content)).toThrow("correct or remove that line, or sweep again with --fresh");
	expect(readFileSync(path)).toEqual(Buffer.from(content));
});

const other = sampleRow({ key: sampleKey(2), contended: true });
const sound = headerLine + good + rowLine(other);

test.each([
	["a byte order mark", `\ufeff${sound}`],
	["line ends of Windows", sound.replaceAll("\n", "\r\n")],
	["both", `\ufeff${sound.replaceAll("\n", "\r\n")}`],
	["no line end after the last line", sound.replaceAll("\n", "\r\n").slice(0, -2)],
	["blank lines", sound.replaceAll("\n", "\n\n")],
	["a line of empty cells", `${sound}${",".repeat(columns.length - 1)}\n`],
])("a file that a spreadsheet has saved is read: %s", (_, content) => {
	expect(reading(content)).toMatchObject({ rows: [sampleRow(), other], cutBytes: 0, isForeign: true });
});

test("truth values in capitals and exponents of spreadsheets are read", () => {
	const row = sampleRow({ epsilon: 1e-6, contended: true });
	const content = headerLine + rowLine(row).replace(",true,", ",TRUE,").replace("0.000001", "1E-06");
	expect(content).toContain("1E-06");
	expect(reading(content).rows).toEqual([row]);
});

test("a file as a sweep writes it is not foreign, and a damage is told by the line of the file", () => {
	expect(reading(sound).isForeign).toBe(false);
	expect(() => reading(`${headerLine}\n\n${good.replace("12.5", "fast")}`)).toThrow(`${path} line 4: time_ms`);
});

test("a file that cannot be read is not taken to be empty", () => {
	expect(() => readRows(temporary)).toThrow(`cannot read ${temporary}: is a folder`);
});
