import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeNpy } from "@attgrad/attention-problem";
import { referencePath } from "@attgrad/attention-problem/testing";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const small = referencePath("n63-d4");
/** The command is attgrad itself: it reads the problem and writes the gradient, and its answer has its milliseconds. */
const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
const command = `f() { '${process.execPath}' '${executable}' gradient "$1" --algorithm exact --json --out "$2"; }; f`;

test.concurrent("--command alone says what is to compute, and its gradient is written", async () => {
	const out = join(folder, "by-command.npy");
	const { code, stdout, stderr } = await attgrad(["gradient", small, "--command", command, "--json", "--out", out]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const answer = JSON.parse(stdout);
	expect(answer).toMatchObject({ algorithm: "command", status: "done", options: { command: { text: command } } });
	expect(answer.milliseconds).toBeGreaterThan(0);
	expect(answer.reference.errorRel).toBeLessThan(1e-12);
	expect(decodeNpy(readFileSync(out)).rows).toBe(4);
});

test.concurrent("a command without an answer is one line and exit code 1", async () => {
	const { code, stdout, stderr } = await attgrad(["gradient", small, "--command", "echo"]);
	expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
	expect(stderr).toMatch(/^attgrad gradient: the command must print a JSON object .*\n$/);
});

test.concurrent.each([
	[["--algorithm", "exact", "--command", "true"], /streaming has no option --command/],
	[["--algorithm", "command"], /--command is missing/],
	[
		["--command", "true", "--command-time-limit", "-1"],
		/--command-time-limit must be a duration like 500ms, 10s or 2m, got -1/,
	],
	[
		["--command", "true", "--command-memory-limit", "10s"],
		/--command-memory-limit must be an amount of memory like 512MB or 4GB, got 10s/,
	],
	[["--command", ""], /--command/],
])("%j is refused", async (words, message) => {
	const { code, stderr } = await attgrad(["gradient", small, ...words]);
	expect(code).toBe(2);
	expect(stderr).toMatch(message);
});
