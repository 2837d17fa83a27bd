import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { beforeEach, expect, test } from "vitest";
import type { TimingDetail } from "../measure/timing.ts";
import { headerLine, readRows, rowLine } from "../store/rows-file.ts";
import { readRunInfo } from "../store/run-info.ts";
import { readSamples } from "../store/samples-file.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";
import { createLines } from "./progress.ts";
import { planSweep, type SweepOptions, sweep } from "./sweep.ts";

const parent = temporaryFolder();
let out: string;
let said: string;
beforeEach(() => {
	out = folderIn(parent);
	said = "";
});

/** Sweeps the tiny experiment; `said` is then what it told. */
const sweepTiny = (options: Partial<SweepOptions> = {}) =>
	sweep(tiny, {
		out,
		progress: createLines({ isTTY: false, write: (text: string) => Boolean((said += text)) }),
		...options,
	});

const rows = () => readRows(join(out, "tiny/rows.csv")).rows;

test("a sweep measures every cell once, small n first, and tells how far it is", async () => {
	const summary = await sweepTiny();
	expect(summary).toEqual({ experiment: "tiny", folder: join(out, "tiny"), counts: { done: 6 }, left: 0 });
	expect(rows().map(({ n, seed, status }) => [n, seed, status])).toEqual(
		[4, 8, 16].flatMap((n) => [1, 2].map((seed) => [n, seed, "done"])),
	);
	expect(said.split("\n")[0]).toMatch(/^tiny: found 6 cells, done 0, to run 6, about [\d.]+ s$/);
	expect(said).toMatch(/^\[6\/6\] honest n=16 d=2 B=1 seed=2: [\d.]+ ms/m);
});

test("what is measured is not measured again, and a larger grid adds to it", async () => {
	await sweepTiny({ overrides: { n: [4] } });
	const before = readFileSync(join(out, "tiny/rows.csv"), "utf8");
	expect(await sweepTiny({ overrides: { n: [4, 5] } })).toMatchObject({ counts: { done: 4 }, left: 0 });
	expect(said).toContain("found 4 cells, done 2, to run 2");
	expect(readFileSync(join(out, "tiny/rows.csv"), "utf8").startsWith(before)).toBe(true);
	expect(rows().map(({ n }) => n)).toEqual([4, 4, 5, 5]);
});

test("fresh measures all again", async () => {
	await sweepTiny({ overrides: { n: [4] } });
	const [first] = rows();
	await sweepTiny({ overrides: { n: [4] }, fresh: true });
	expect(rows()).toHaveLength(2);
	expect(rows()[0].key).toBe(first.key);
	expect(rows()[0].started_at > first.started_at).toBe(true);
});

test("a cell that goes wrong is a row with its reason, and the sweep goes on", async () => {
	const algorithm = ["throwing", "wrong", "honest"];
	expect(await sweepTiny({ overrides: { algorithm, n: [4] } })).toMatchObject({
		counts: { failed: 2, invalid: 2, done: 2 },
	});
	const thrown = rows().find((row) => row.algorithm === "throwing");
	expect(thrown).toMatchObject({ status: "failed", reason: "Error: something broke in the middle" });
	expect(thrown).not.toHaveProperty("time_ms");
	expect(rows().find((row) => row.algorithm === "wrong")).not.toHaveProperty("time_ms");
});

test("once a point of a curve passes the time limit, larger n of that curve are skipped with the reason", async () => {
	// slow takes 4n milliseconds
	const overrides = { algorithm: ["slow", "honest"], n: [4, 600, 700, 800] };
	expect(await sweepTiny({ overrides, timeLimit: 2000 })).toMatchObject({ counts: { done: 12, skipped: 4 } });
	const skipped = rows().filter(({ status }) => status === "skipped");
	expect(skipped.map(({ algorithm, n }) => [algorithm, n])).toEqual([700, 700, 800, 800].map((n) => ["slow", n]));
	expect(skipped[0].reason).toMatch(/^n = 600 took [\d.]+ s, over the time limit of 2 s/);
});

test("the limit of a curve holds over an interruption", async () => {
	await sweepTiny({ overrides: { algorithm: ["slow"], n: [30] }, timeLimit: 100 });
	await sweepTiny({ overrides: { algorithm: ["slow"], n: [30, 60] }, timeLimit: 100 });
	expect(rows().map(({ n, status }) => `${n} ${status}`)).toEqual(["30 done", "30 done", "60 skipped", "60 skipped"]);
});

test("cells that run beside others say that they were contended", async () => {
	await sweepTiny({ jobs: 2 });
	expect(rows().every(({ contended }) => contended)).toBe(true);
	expect(new Set(rows().map(({ key }) => key)).size).toBe(6);
});

test("run.json tells how the run was made", async () => {
	await sweepTiny({ preset: "full", overrides: { n: [4] } });
	const info = readRunInfo(join(out, "tiny"));
	expect(info).toMatchObject({
		experiment: "tiny",
		preset: "full",
		kernel: rows()[0].kernel,
		settings: { overrides: { n: [4] }, jobs: 1, timeLimit: 1000 },
		versions: { node: process.versions.node },
		machine: { name: rows()[0].machine },
	});
	expect(info.cells.map(({ key }) => key)).toEqual(rows().map(({ key }) => key));
	expect(readdirSync(join(out, "tiny")).sort()).toEqual(["rows.csv", "run.json", "samples.jsonl"]);
});

test("a point that the sizes before it predict to take too long is skipped untried", async () => {
	await sweepTiny({ overrides: { n: [8, 16, 32] } });
	// As of an algorithm that takes 4n milliseconds on any machine.
	const timed = rows().map((row) => rowLine({ ...row, time_ms: 4 * row.n }));
	writeFileSync(join(out, "tiny/rows.csv"), headerLine + timed.join(""));
	const limited = (last: number) => ({ overrides: { n: [8, 16, 32, last] }, timeLimit: 2000 });
	expect(await sweepTiny(limited(4000))).toMatchObject({ counts: { skipped: 2 } });
	expect(rows().at(-1)!.reason).toBe(
		"predicted to take 16 s, as n^1.00 up to n = 32, over the time limit of 2 s; for more: --time-limit and --rerun skipped",
	);
	// A size that is within the limit by that prediction is measured.
	await sweepTiny({ ...limited(64), rerun: "skipped" });
	expect(
		rows()
			.filter(({ n }) => n === 64)
			.map(({ status }) => status),
	).toEqual(["done", "done"]);
});

test("rows of cells that went wrong, that were skipped, or all can be measured again, each once in the file", async () => {
	const overrides = { algorithm: ["throwing", "refusing", "honest"], n: [4] };
	await sweepTiny({ overrides });
	const times = () => new Map(rows().map(({ algorithm, seed, started_at }) => [`${algorithm} ${seed}`, started_at]));
	const again = async (rerun: "failed" | "skipped" | "all") => {
		const before = times();
		await sweepTiny({ overrides, rerun });
		const after = times();
		expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
		return [...after]
			.filter(([name, time]) => time > before.get(name)!)
			.map(([name]) => name)
			.sort();
	};
	expect(await again("failed")).toEqual(["throwing 1", "throwing 2"]);
	expect(await again("skipped")).toEqual(["refusing 1", "refusing 2"]);
	expect(await again("all")).toHaveLength(6);
});

test("cells of one point are measured in rounds, and their times are kept", async () => {
	const turns: string[] = [];
	const progress = { ...createLines({ isTTY: false, write: () => true }), begin: (what: string) => turns.push(what) };
	await sweepTiny({ overrides: { algorithm: ["honest", "rough"], n: [4] }, progress });
	const names = turns.filter((what) => what.includes("seed=2")).map((what) => what.split(" ")[0]);
	// A first run that takes longer than the budget is the only one: how many turns each has depends on the machine.
	expect(names.slice(0, 2)).toEqual(["honest", "rough"]);
	const samples = readSamples(join(out, "tiny"));
	for (const row of rows()) {
		const rounds = samples.get(row.key)!;
		const timing = row.extra?.["timing"] as TimingDetail | undefined;
		if (row.samples === 1) expect({ rounds, timing }).toEqual({ rounds: [[row.time_ms]], timing: undefined });
		else {
			expect(timing!.rounds_ms).toHaveLength(rounds.length);
			expect(timing!.interval_ms[0]).toBeLessThanOrEqual(row.time_ms!);
			expect(timing!.interval_ms[1]).toBeGreaterThanOrEqual(row.time_ms!);
		}
	}
});

test("a plan tells what a sweep would do and for how long, and writes nothing", async () => {
	const plan = await planSweep(tiny, { out });
	expect(readdirSync(out)).toEqual([]);
	expect(plan).toMatchObject({ experiment: "tiny", folder: join(out, "tiny"), cells: 6 });
	expect(plan.toRun[0]).toMatchObject({ what: "honest n=4 d=2 B=1", milliseconds: expect.any(Number) });
	await sweepTiny({ overrides: { n: [4, 8] } });
	expect((await planSweep(tiny, { out })).toRun.map(({ key }) => key)).toEqual(
		plan.toRun.slice(4).map(({ key }) => key),
	);
	expect((await planSweep(tiny, { out, rerun: "all" })).toRun).toHaveLength(6);
	expect((await planSweep(tiny, { out, fresh: true })).toRun).toHaveLength(6);
});

test("a cell that takes too much time or memory is stopped at the limits of the call", async () => {
	await sweepTiny({ overrides: { algorithm: ["looping"], n: [4] }, cellTimeout: 2000 });
	// A minute: on a busy machine the memory takes a while to fill.
	await sweepTiny({ overrides: { algorithm: ["swelling"], n: [4] }, cellTimeout: 60_000, memoryLimit: 300 });
	expect(
		rows()
			.map(({ algorithm, status }) => `${algorithm} ${status}`)
			.sort(),
	).toEqual(["looping timeout", "looping timeout", "swelling out-of-memory", "swelling out-of-memory"]);
});

test("rows of other cells in the file are kept and not counted", async () => {
	await sweepTiny({ overrides: { n: [4] } });
	expect(await sweepTiny({ overrides: { n: [5] } })).toMatchObject({ counts: { done: 2 } });
	expect(rows()).toHaveLength(4);
});

test("a damaged rows.csv is refused before anything is measured or written", async () => {
	await sweepTiny({ overrides: { n: [4] } });
	const path = join(out, "tiny/rows.csv");
	writeFileSync(path, readFileSync(path, "utf8").replace("honest", ""));
	const [before, info] = [readFileSync(path, "utf8"), readFileSync(join(out, "tiny/run.json"), "utf8")];
	await expect(sweepTiny()).rejects.toThrow(UsageError);
	await expect(sweepTiny()).rejects.toThrow(`${path} line 2: algorithm is "", expected`);
	expect(readFileSync(path, "utf8")).toBe(before);
	expect(readFileSync(join(out, "tiny/run.json"), "utf8")).toBe(info);
});

test.each([
	[{ jobs: 0 }, "--jobs must be a whole number >= 1, got 0"],
	[{ overrides: { algorithm: ["nothing"] } }, "unknown algorithm: nothing"],
] as const)("%j is refused before a folder is made", async (options, complaint) => {
	await expect(sweepTiny(options as Partial<SweepOptions>)).rejects.toThrow(UsageError);
	await expect(sweepTiny(options as Partial<SweepOptions>)).rejects.toThrow(complaint);
	expect(readdirSync(out)).toEqual([]);
});

test("an out folder that cannot be written is refused", async () => {
	writeFileSync(join(out, "file"), "");
	await expect(sweepTiny({ out: join(out, "file") })).rejects.toThrow(
		/^results folder .* cannot be written \(ENOTDIR\)/,
	);
});
