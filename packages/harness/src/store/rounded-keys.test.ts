import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleRow } from "../testing/rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { isRounded, restoreKey } from "./rounded-keys.ts";
import { headerLine, readRows, rowLine } from "./rows-file.ts";

const others = ["0123456789abcdef", "9876543210987654", "123e456789abcdef"];

test.each([
	["1234567890123456", "1234567890123450"],
	["1234567890123456", "1.23457E+15"],
	["1234567890123456", "1.23456789012346E+015"],
	["1234567890123456", "1234567890123460"],
	["0012345678901234", "12345678901234"],
	["0012345678901234", "1.23457E+13"],
	["12345678901234e5", "1.23457E+18"],
	["1200000000000000", "1200000000000000"],
])("the key %s is known again in %s", (key, rounded) => {
	expect(isRounded(rounded)).toBe(true);
	expect(restoreKey(rounded, [...others, key])).toBe(key);
});

test("a key of digits alone is known again in 6 to 15 of them", () => {
	const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 15, maxLength: 15 });
	fc.assert(
		fc.property(digits, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 6, max: 15 }), (rest, first, kept) => {
			const key = `${first}${rest.join("")}`;
			const rounded = Number(key).toExponential(kept - 1);
			if (Number(rounded.split("e")[0]).toString().length > 4) expect(restoreKey(rounded, [...others, key])).toBe(key);
		}),
	);
});

test("where two keys will do, or none, there is no guess", () => {
	expect(restoreKey("1.23457E+15", ["1234567890123456", "1234567890123999"])).toBeUndefined();
	expect(restoreKey("1.23457E+15", others)).toBeUndefined();
	expect(restoreKey("1", ["1000000000000000"])).toBeUndefined();
});

test("a rows.csv with a rounded key is read with the key of run.json, and refused without", () => {
	const folder = temporaryFolder();
	const row = sampleRow({ key: "1234567890123456" });
	const path = join(folder, "rows.csv");
	writeFileSync(path, headerLine + rowLine(row).replace(row.key, "1.23457E+15"));
	expect(() => readRows(path)).toThrow("expected 16 hexadecimal digits, and a spreadsheet has rounded this key");
	writeFileSync(join(folder, "run.json"), JSON.stringify({ cells: [{ key: row.key }] }));
	expect(readRows(path)).toMatchObject({ rows: [row], isForeign: true });
});
