import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attgrad, start, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const small = ["--n", "32,2^6", "--d", "4", "--B", "1", "--epsilon", "1e-6", "--algorithm", "exact,polynomial/moment"];

test("a sweep measures, draws, and measures nothing again; plot draws it once more", async () => {
	const out = join(folder, "runs");
	const words = ["sweep", "scaling", ...small, "--out", out, "--json"];
	const first = await attgrad(words);
	expect(first.code).toBe(0);
	const files = ["time-vs-n.svg", "time-vs-n.png", "report.html"].map((name) => join(out, "scaling", name));
	const summary = { experiment: "scaling", folder: join(out, "scaling"), counts: { done: 4 }, left: 0, files };
	expect(JSON.parse(first.stdout)).toEqual({ experiments: [summary] });
	expect(first.stderr).toMatch(/^scaling: found 4 cells, done 0, to run 4, about [\d.]+ s\n/);
	expect(first.stderr).toMatch(/^\[\d\/4\] polynomial\/moment n=64 d=4 B=1 epsilon=0.000001: /m);

	const rows = readFileSync(join(out, "scaling/rows.csv"), "utf8");
	rmSync(files[0]);
	const second = await attgrad(words);
	expect(JSON.parse(second.stdout)).toEqual({ experiments: [summary] });
	expect(second.stderr).toBe("scaling: found 4 cells, done 4, to run 0\n");
	expect(readFileSync(join(out, "scaling/rows.csv"), "utf8")).toBe(rows);
	expect(existsSync(files[0])).toBe(true);

	rmSync(files[1]);
	const plotted = await attgrad(["plot", join(out, "scaling")]);
	expect(plotted).toEqual({ code: 0, stdout: `${files.slice(0, 2).join("\n")}\n`, stderr: "" });
	expect(existsSync(files[1])).toBe(true);

	rmSync(files[2]);
	const reported = await attgrad(["report", out]);
	expect(reported).toEqual({ code: 0, stdout: `${files[2]}\n${join(out, "report.html")}\n`, stderr: "" });
	expect(readFileSync(files[2], "utf8")).toContain("npx attgrad sweep scaling --preset quick");
	expect(readFileSync(join(out, "report.html"), "utf8")).toContain('href="scaling/report.html"');
});

test("a dry run prints what would be measured and for how long, and writes nothing", async () => {
	const out = join(folder, "dry");
	const words = ["sweep", "scaling", ...small, "--out", out, "--dry-run"];
	const { code, stdout, stderr } = await attgrad(words);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toMatch(
		/^scaling: streaming n=32 d=4 B=1: about [\d.]+ s\n(scaling: [^\n]+\n){3}scaling: found 4 cells, done 0, to run 4, about [\d.]+ s\n$/,
	);
	expect(existsSync(out)).toBe(false);
	const { plans } = JSON.parse((await attgrad([...words, "--json"])).stdout);
	expect(plans).toEqual([expect.objectContaining({ experiment: "scaling", cells: 4 })]);
	expect(plans[0].toRun[0]).toMatchObject({ what: "streaming n=32 d=4 B=1", milliseconds: expect.any(Number) });
});

test("Ctrl-C ends a sweep with 130, a word on how to go on, and no figure", async () => {
	const out = join(folder, "stopped");
	const child = start(["sweep", "scaling", "--out", out]);
	let said = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		said += text;
		if (text.includes("[2/")) child.kill("SIGINT");
	});
	expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
	expect(said).toMatch(/stopped with \d+ of \d+ cells left; repeat the command to resume\n$/);
	expect(readFileSync(join(out, "scaling/rows.csv"), "utf8").trim().split("\n").length).toBeGreaterThanOrEqual(3);
	expect(existsSync(join(out, "scaling/time-vs-n.svg"))).toBe(false);
});

test.concurrent.each([
	[
		["sweep", "--n", "1,x"],
		"attgrad sweep: --n: each value must be a whole number >= 1 (also 2^10, 2^10..2^17), got x",
	],
	[["sweep", "--B", "0"], "attgrad sweep: --B: each value must be a number > 0 (also 2^10, 2^10..2^17), got 0"],
	[
		["sweep", "--epsilon=-1"],
		"attgrad sweep: --epsilon: each value must be a number > 0 (also 2^10, 2^10..2^17), got -1",
	],
	[["sweep", "--time-limit", "soon"], "attgrad sweep: --time-limit must be a duration like 500ms, 10s or 2m, got soon"],
	[
		["sweep", "--memory-limit", "4PB"],
		"attgrad sweep: --memory-limit must be an amount of memory like 512MB or 4GB, got 4PB",
	],
	[["sweep", "--cell-timeout", "0s"], "attgrad sweep: --cell-timeout must be a duration like 500ms, 10s or 2m, got 0s"],
	[["sweep", "--rerun", "some"], "attgrad sweep: --rerun must be one of failed, skipped, all, got some"],
	[["sweep", "--jobs", "0"], "attgrad sweep: --jobs must be >= 1, got 0"],
	[["sweep", "--preset", "long"], "attgrad sweep: --preset must be one of quick, full, got long"],
	[["sweep", "--colour"], "attgrad sweep: unknown option: --colour (see --help)"],
	[["plot"], "attgrad plot: <folder> is missing; see --help"],
])("%j is refused in one line", async (words, line) => {
	expect(await attgrad(words)).toEqual({ code: 2, stdout: "", stderr: `${line}\n` });
});

test("a folder that cannot be written, or whose rows are damaged, is refused in one line", async () => {
	const out = join(folder, "file");
	writeFileSync(out, "");
	expect(await attgrad(["sweep", "scaling", "--out", out])).toEqual({
		code: 2,
		stdout: "",
		stderr: `attgrad sweep: results folder ${join(out, "scaling")} cannot be written (ENOTDIR); give another with --out\n`,
	});
	const damaged = join(folder, "damaged");
	await attgrad(["sweep", "scaling", "--n", "32", "--algorithm", "exact", "--out", damaged]);
	const path = join(damaged, "scaling/rows.csv");
	writeFileSync(path, readFileSync(path, "utf8").replace("streaming", ""));
	for (const words of [
		["sweep", "scaling", "--out", damaged],
		["plot", join(damaged, "scaling")],
	])
		expect(await attgrad(words)).toMatchObject({
			code: 2,
			stdout: "",
			stderr: expect.stringMatching(
				new RegExp(`^attgrad ${words[0]}: ${path} line 2: algorithm is "", expected[^\n]*\n$`),
			),
		});
});

test("an experiment that does not exist is refused with those that do", async () => {
	const { code, stdout, stderr } = await attgrad(["sweep", "nothing"]);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^attgrad sweep: unknown experiment: nothing \(known: scaling, [\w, -]*regimes[\w, -]*\)\n$/);
});

test("plot refuses a folder that no sweep has written", async () => {
	expect(await attgrad(["plot", folder])).toEqual({
		code: 2,
		stdout: "",
		stderr: `attgrad plot: ${join(folder, "run.json")}: not found; give a folder that a sweep has written\n`,
	});
});
