import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const [before, after] = [join(folder, "before"), join(folder, "after")];

/** How the rounds of every point differ: by 2 %. */
const scatter = [1, 1.02, 0.98, 1.01, 0.99];

/** Gives a run times that do not depend on what else the machine does: n µs, 4 n µs at n = 256 of a run that is `slowed`. */
function retime(run: string, slowed: boolean): void {
	const path = join(run, "scaling/rows.csv");
	const [header, ...lines] = readFileSync(path, "utf8").trim().split("\n");
	const columns = header.split(",");
	const samples: string[] = [];
	const changed = lines.map((line) => {
		const fields = line.split(",");
		const n = Number(fields[columns.indexOf("n")]);
		const time = (n / 1000) * (slowed && n === 256 ? 4 : 1);
		samples.push(JSON.stringify({ key: fields[0], rounds: scatter.map((factor) => [time * factor]) }));
		fields[columns.indexOf("time_ms")] = String(time);
		return fields.join(",");
	});
	writeFileSync(path, `${[header, ...changed].join("\n")}\n`);
	writeFileSync(join(run, "scaling/samples.jsonl"), `${samples.join("\n")}\n`);
}

beforeAll(async () => {
	const grid = ["--n", "64,128,256", "--d", "4", "--B", "1", "--algorithm", "exact"];
	const words = ["sweep", "scaling", ...grid, "--out", before];
	expect((await attgrad(words)).code).toBe(0);
	cpSync(before, after, { recursive: true });
	retime(before, false);
	retime(after, true);
}, 120_000);

test("a run compared with itself has no change", async () => {
	const { code, stdout } = await attgrad(["compare", before, before, "--fail-on-regression", "1%"]);
	expect(code).toBe(0);
	expect(stdout).toContain("3 points: 0 slower, 0 faster, 3 without a change above noise, 0 timed once only");
});

test("a regression is told, and exits with 1 where that was asked for", async () => {
	const told = await attgrad(["compare", before, after]);
	expect(told.code).toBe(0);
	expect(told.stdout).toMatch(/^scaling streaming n=256 .* 4\.000 .* slower by 300 %$/m);
	const failed = await attgrad(["compare", before, after, "--fail-on-regression", "10%", "--json"]);
	expect(failed.code).toBe(1);
	expect(failed.stderr).toBe("attgrad compare: 1 of 3 points slower by 10% or more\n");
	const { points, regressions } = JSON.parse(failed.stdout);
	expect(points).toHaveLength(3);
	expect(regressions).toHaveLength(1);
	const faster = await attgrad(["compare", after, before, "--fail-on-regression", "10%"]);
	expect(faster.code).toBe(0);
	expect(faster.stdout).toContain("1 faster");
});

test("a comparison is written as a page", async () => {
	const page = join(folder, "changes.html");
	expect((await attgrad(["compare", before, after, "--html", page])).code).toBe(0);
	expect(readFileSync(page, "utf8")).toContain("slower by 300 %");
});

test.each([
	[["compare", "--commits", "HEAD"], "attgrad compare: --commits takes two commits and the experiments to measure"],
	[["compare", "--commits", "HEAD", "no-such-commit", "scaling"], "--commits: no commit no-such-commit in "],
	[["compare", "--commits", "HEAD", "HEAD", "scaling"], "HEAD and HEAD are the same commit"],
	[["compare", before, after, "--sweep=--n 256"], "--sweep needs --commits"],
	[["compare", "a"], "attgrad compare: compare takes two runs, got 1"],
	[["compare", before, "nowhere"], "attgrad compare: nowhere: no such folder or baseline"],
	[["compare", before, after, "--across", "mood"], "--across must be among machine, kernel, dtype, threads, got mood"],
	[["compare", before, after, "--fail-on-regression", "much"], "--fail-on-regression must be a share above 0"],
	[
		["compare", before, after, "--fail-on-regression", "10"],
		"--fail-on-regression must be a share above 0 like 10% or 0.1, got 10",
	],
] as const)("%j is refused", async (words, message) => {
	const { code, stderr } = await attgrad(words);
	expect(code).toBe(2);
	expect(stderr).toContain(message);
});
