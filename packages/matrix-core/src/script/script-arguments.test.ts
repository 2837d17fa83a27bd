import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "attgrad-script-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script that reads a count and then does `body`. */
function run(body: string, ...words: string[]) {
	const face = JSON.stringify(new URL("./script-arguments.ts", import.meta.url).href);
	const errors = JSON.stringify(new URL("../errors.ts", import.meta.url).href);
	const program = `
		import { readFileSync } from "node:fs";
		import { scriptArguments, wholeNumber } from ${face};
		import { ComputationError, UsageError } from ${errors};
		const { count } = scriptArguments({ call: "npm run soak", summary: "Soaks.", positionals: { count: wholeNumber("sweeps") } });
		${body}`;
	const file = join(folder, "script.mjs");
	writeFileSync(file, program);
	const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], { encoding: "utf8" });
	return { status, stdout, stderr };
}

const none = "";

test("a call with the right arguments runs the script", () => {
	expect(run("console.log(count + 1)", "3")).toEqual({ status: 0, stdout: "4\n", stderr: none });
});

test("a wrong call is one line on standard error and 2", () => {
	expect(run("console.log(count)", "x")).toEqual({
		status: 2,
		stdout: none,
		stderr: "soak: count must be a whole number >= 1, got x\n",
	});
});

test("--help ends a script before it does anything", () => {
	const { status, stdout, stderr } = run("console.log('started')", "x", "--help");
	expect({ status, stderr }).toEqual({ status: 0, stderr: none });
	expect(stdout).toMatch(/^usage: npm run soak -- \[count\] \[options\]\n/);
	expect(stdout).not.toContain("started");
});

test.each([
	['throw new UsageError("no such head")', 2, "soak: no such head\n"],
	['await Promise.reject(new UsageError("two\\n  lines"))', 2, "soak: two\\n  lines\n"],
	['setTimeout(() => { throw new UsageError("later") })', 2, "soak: later\n"],
	['readFileSync("/nowhere/x")', 2, "soak: cannot open /nowhere/x: no such file or folder\n"],
	['throw new ComputationError("failed", "out of reach")', 1, "soak: out of reach\n"],
])("%s ends a script with one line", (body, status, stderr) => {
	expect(run(body)).toEqual({ status, stdout: none, stderr });
});

test("a bug keeps its stack", () => {
	const { status, stderr } = run('throw new TypeError("x is not a function")');
	expect(status).toBe(1);
	expect(stderr).toMatch(/TypeError: x is not a function\n\s+at /);
});
