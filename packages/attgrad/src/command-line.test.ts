import { copyFileSync, linkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { attgrad, start, temporaryFolder } from "./testing/command.ts";

const verbs = [
	"rows",
	"locate",
	"sweep",
	"gradient",
	"generate",
	"plot",
	"report",
	"compare",
	"solve",
	"reduce",
	"list",
	"doctor",
	"completion",
];

test.concurrent("--help names every verb", async () => {
	const { code, stdout, stderr } = await attgrad(["--help"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	for (const verb of verbs) expect(stdout).toContain(`attgrad ${verb}`);
});

test.concurrent("the help of gradient that names an algorithm has its options alone", async () => {
	const { code, stdout } = await attgrad(["gradient", "--algorithm", "nystrom", "--help"]);
	expect(code).toBe(0);
	expect(stdout).toMatch(/^Options of nystrom, /m);
	expect(stdout).toContain("--rank");
	expect(stdout).not.toContain("--features");
	const misspelt = await attgrad(["gradient", "--algorithm=nistrom", "--help"]);
	expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean nystrom?") });
});

test.concurrent.each(verbs)("%s --help shows options and examples and does nothing", async (verb) => {
	const { code, stdout, stderr } = await attgrad([verb, "--help"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toMatch(/^Examples:\n +attgrad /m);
	// Completion prints for a shell alone; rows has --format json.
	if (verb !== "completion" && verb !== "rows") expect(stdout).toContain("--json");
});

test.concurrent("--version prints the version alone", async () => {
	expect(await attgrad(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.concurrent("words after -- are files, whatever they begin with", async () => {
	const file = join(temporaryFolder(), "p.npz");
	await attgrad(["generate", "--n", "8", "--d", "2", "--B", "1", "--out", file]);
	const { code, stderr } = await attgrad(["gradient", "--algorithm", "exact", "--", file]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect((await attgrad(["gradient", "--", "-none.npz"])).stderr).toBe(
		"attgrad gradient: cannot read ./-none.npz: no such file or folder\n",
	);
});

const refused: [words: string[], line: string][] = [
	[["gradiant", "p.npz"], "attgrad: unknown verb: gradiant (did you mean gradient?)"],
	[
		["xyzzy"],
		"attgrad: unknown verb: xyzzy (known: sweep, gradient, plan, forward, backward, locate, serve, generate, plot, report, rows, compare, merge, slurm, solve, reduce, list, doctor, completion)",
	],
	[
		[],
		"attgrad: a verb is missing (sweep, gradient, plan, forward, backward, locate, serve, generate, plot, report, rows, compare, merge, slurm, solve, reduce, list, doctor, completion); see attgrad --help",
	],
	[
		["--verbose"],
		"attgrad: a verb is missing (sweep, gradient, plan, forward, backward, locate, serve, generate, plot, report, rows, compare, merge, slurm, solve, reduce, list, doctor, completion); see attgrad --help",
	],
	[["list", "--jsn"], "attgrad list: unknown option: --jsn (did you mean --json?)"],
	[["list", "--no-colour"], "attgrad list: unknown option: --no-colour (see --help)"],
	[["list", "--foo-bar=3"], "attgrad list: unknown option: --foo-bar (see --help)"],
	[["list", "-j"], "attgrad list: unknown option: -j (see --help)"],
	[["list", "algorithms"], "attgrad list: unexpected argument: algorithms"],
	[["completion", "ksh"], "attgrad completion: shell must be one of bash, zsh, fish, got ksh"],
	[["gradient", "-"], "attgrad gradient: cannot read ./-: no such file or folder"],
	[
		["generate", "--n", "3", "--d", "1", "--B", "1", "--out", "/proc/p.npz"],
		"attgrad generate: cannot write /proc/p.npz: its folder takes no new files",
	],
];

test.concurrent.each(refused)("%j is refused in one line", async (words, line) => {
	expect(await attgrad(words)).toEqual({ code: 2, stdout: "", stderr: `${line}\n` });
});

test.concurrent("a reader that closes the pipe early ends the command quietly", async () => {
	const child = start(["list", "--json"]);
	child.stdout.destroy();
	let complaint = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		complaint += text;
	});
	expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
	expect(complaint).toBe("");
});

/** A Node in another place than the pinned one, that does not run TypeScript. */
function otherNode(): string {
	const path = join(temporaryFolder(), "node");
	try {
		linkSync(process.execPath, path);
	} catch {
		copyFileSync(process.execPath, path);
	}
	return path;
}

const strange = otherNode();

test.concurrent("a Node that does not run TypeScript hands over to the pinned one", async () => {
	const { code, stdout, stderr } = await attgrad(["--version"], [strange, "--no-experimental-strip-types"]);
	expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.concurrent("the exit code of the pinned Node is handed back", async () => {
	const { code, stderr } = await attgrad(["xyzzy"], [strange, "--no-experimental-strip-types"]);
	expect(stderr).toContain("unknown verb: xyzzy");
	expect(code).toBe(2);
});

test.concurrent("where no Node runs TypeScript one line says so", async () => {
	const { code, stdout, stderr } = await attgrad(["--version"], [process.execPath, "--no-experimental-strip-types"]);
	expect(stderr).toMatch(/^attgrad: needs Node 24 or later, [^\n]+\n$/);
	expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});
