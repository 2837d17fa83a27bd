import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeSystemError } from "./system-error.ts";

function thrownBy(action: () => unknown): unknown {
	try {
		action();
	} catch (error) {
		return error;
	}
	throw new Error("nothing was thrown");
}

test.each([
	[() => readFileSync("/nowhere/x"), "cannot open /nowhere/x: no such file or folder"],
	[() => readdirSync("/dev/null"), "cannot list /dev/null: a part of its path is not a folder"],
	[() => closeSync(openSync("/dev/null/x", "w")), "cannot open /dev/null/x: a part of its path is not a folder"],
])("a refusal of the system is one line", (action, line) => {
	expect(describeSystemError(thrownBy(action))).toBe(line);
});

test("an error of the program is none of the system", () => {
	expect(describeSystemError(new TypeError("x is not a function"))).toBeUndefined();
	expect(describeSystemError("words")).toBeUndefined();
});
