import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ComputationError, UsageError } from "../errors.ts";
import { printable } from "./printable.ts";

describe("printable", () => {
	test.each([
		["plain Ünïcödé 数 🧮.npz", "plain Ünïcödé 数 🧮.npz"],
		["x\ns SATISFIABLE", "x\\ns SATISFIABLE"],
		["a\r\tb", "a\\r\\tb"],
		["\u001b[31mred\u0007", "\\e[31mred\\x07"],
		["\u0085\u2028\u202egnp.exe", "\\x85\\u2028\\u202egnp.exe"],
		["\ud83d alone", "\\ud83d alone"],
	])("shows %j as %j", (text, shown) => {
		expect(printable(text)).toBe(shown);
	});

	test("gives one line without control characters, whatever the text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(printable(text)).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}|\u2028|\u2029/u);
			}),
		);
	});
});

test("the message of an error is one line, whatever name it holds", () => {
	expect(new UsageError("cannot read x\ns SATISFIABLE: no such file").message).toBe(
		"cannot read x\\ns SATISFIABLE: no such file",
	);
	expect(new ComputationError("failed", "x\ny").message).toBe("x\\ny");
});
