import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { algorithmSpellings } from "@attgrad/algorithms";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
writeFileSync(join(folder, "attgrad"), `#!/bin/sh\nexec "${process.execPath}" "${executable}" "$@"\n`);
chmodSync(join(folder, "attgrad"), 0o755);
symlinkSync(process.execPath, join(folder, "node"));

/** The completions that a real bash offers for a line of words after it has read the script. */
async function offered(script: string, words: readonly string[]): Promise<string[]> {
	const line = `
${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
$(complete -p attgrad | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`;
	const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
	return execFileSync("bash", ["--norc", "-c", line], { encoding: "utf8", env }).split("\n").filter(Boolean);
}

const bash = await attgrad(["completion", "bash"]);

test.each([
	[["attgrad", "sw"], ["sweep"]],
	[["attgrad", "sweep", "sca"], ["scaling"]],
	[["attgrad", "sweep", "--algorithm", "str"], ["streaming"]],
	[["attgrad", "sweep", "--algorithm", "exact,polynomial/mom"], ["exact,polynomial/moment"]],
	[["attgrad", "sweep", "--preset", "f"], ["full"]],
	[["attgrad", "compare", "--fail"], ["--fail-on-regression"]],
] as const)("bash completes %j", async (words, wanted) => {
	expect(bash.code).toBe(0);
	expect(await offered(bash.stdout, words)).toEqual(wanted);
});

test("every algorithm is offered", async () => {
	const offers = await offered(bash.stdout, ["attgrad", "gradient", "problem.npz", "--algorithm", ""]);
	expect(offers).toEqual(["exact", ...algorithmSpellings()]);
});

test("the script for zsh is one for zsh", async () => {
	const { code, stdout } = await attgrad(["completion", "zsh"]);
	expect(code).toBe(0);
	expect(stdout).toMatch(/^#compdef attgrad\n/);
});

const fish = spawnSync("fish", ["--version"]).status === 0;

test.skipIf(!fish)("fish completes verbs and algorithms (skipped without fish)", async () => {
	const { stdout } = await attgrad(["completion", "fish"]);
	const script = join(folder, "attgrad.fish");
	writeFileSync(script, stdout);
	const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, HOME: folder };
	const offers = (line: string) =>
		execFileSync("fish", ["--no-config", "-c", `source ${script}; complete -C '${line}'`], { encoding: "utf8", env })
			.split("\n")
			.filter(Boolean);
	expect(offers("attgrad swe")).toEqual(["sweep"]);
	expect(offers("attgrad gradient problem.npz --algorithm polynomial/mom")).toEqual(["polynomial/moment"]);
});

test("the script for fish asks attgrad itself", async () => {
	const { code, stdout } = await attgrad(["completion", "fish"]);
	expect(code).toBe(0);
	expect(stdout).toContain("complete -c attgrad");
});
