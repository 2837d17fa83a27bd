import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

const command = fileURLToPath(new URL("../../bin/attgrad.mjs", import.meta.url));

test.runIf(process.platform === "linux").each([
	["a full disk", '"$1" "$2" list > /dev/full', "attgrad: cannot write standard output: the disk is full\n"],
	[
		"a folder that is gone",
		'rmdir "$0" && "$1" "$2" gradient p.npz',
		"attgrad gradient: the current folder no longer exists\n",
	],
])("%s is refused in one line", (_, script, line) => {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-gone-"));
	const { status, stderr } = spawnSync("sh", ["-c", `cd "$0" && ${script}`, folder, process.execPath, command], {
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 2, stderr: line });
});
