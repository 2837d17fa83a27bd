import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compareRuns } from "../compare/compare-runs.ts";
import { readRows } from "../store/rows-file.ts";
import { readRunInfo } from "../store/run-info.ts";
import { readSamples, writeSamples } from "../store/samples-file.ts";
import type { Progress } from "../sweep/progress.ts";
import { sweep } from "../sweep/sweep.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";
import { mergeRuns } from "./merge-runs.ts";

const parent = temporaryFolder();
const silent: Progress = { start() {}, begin() {}, finish() {}, notice() {}, stop() {} };
const of = 2;
let shards: string[];
let whole: string;

const rowsOf = (folder: string) => readRows(join(folder, "rows.csv")).rows;
const keysOf = (folder: string) => rowsOf(folder).map(({ key }) => key);

beforeAll(async () => {
	const out = folderIn(parent);
	const overrides = { n: [4, 8] };
	const summaries = [];
	for (const index of [1, 2])
		summaries.push(await sweep(tiny, { progress: silent, out, overrides, shard: { index, of } }));
	shards = summaries.map(({ folder }) => folder);
	whole = (await sweep(tiny, { progress: silent, out: folderIn(parent), overrides })).folder;
}, 120_000);

/** A copy of a shard whose run.json says something else. */
function changed(shard: string, change: (info: ReturnType<typeof readRunInfo>) => object): string {
	const copy = join(folderIn(parent), "tiny");
	cpSync(shard, copy, { recursive: true });
	const info = readRunInfo(copy);
	writeFileSync(join(copy, "run.json"), JSON.stringify({ ...info, ...change(info) }));
	return copy;
}

test("shards are folders of their own that share the cells of the sweep", () => {
	expect(shards.map((folder) => folder.split("/").slice(-2).join("/"))).toEqual([
		"shard-1-of-2/tiny",
		"shard-2-of-2/tiny",
	]);
	expect(new Set(shards.flatMap(keysOf))).toEqual(new Set(keysOf(whole)));
	expect(shards.map((folder) => rowsOf(folder).length)).toEqual([2, 2]);
});

test("joined they are the sweep: every row once, in the order of measurement, cells in the order of the grid", () => {
	const out = join(folderIn(parent), "deep", "tiny");
	expect(mergeRuns(shards, { out })).toEqual({ experiment: "tiny", folder: out, rows: 4, cells: 4, missing: [] });
	expect(rowsOf(out)).toEqual(shards.flatMap(rowsOf).sort((a, b) => (a.started_at < b.started_at ? -1 : 1)));
	const info = readRunInfo(out);
	expect(info.cells).toEqual(readRunInfo(whole).cells);
	expect(info.settings).toEqual(readRunInfo(whole).settings);
	expect(existsSync(join(out, ".lock"))).toBe(false);
});

test("the times that rows rest on are joined with them, those of other measurements are not", () => {
	const own = shards.map((folder) => readSamples(folder));
	expect(own.map(({ size }) => size)).toEqual([2, 2]);
	const stray = changed(shards[0], () => ({}));
	appendFileSync(join(stray, "samples.jsonl"), `${JSON.stringify({ key: "ffff", rounds: [[1]] })}\n`);
	const without = changed(shards[1], () => ({}));
	rmSync(join(without, "samples.jsonl"));
	const out = join(folderIn(parent), "tiny");
	mergeRuns([without, stray], { out });
	expect(readSamples(out)).toEqual(own[0]);
	mergeRuns([shards[1]], { out, extend: true });
	expect([...readSamples(out).keys()]).toEqual(keysOf(out));
	expect(readSamples(out)).toEqual(new Map([...own[0], ...own[1]]));
	mergeRuns([without], { out, fresh: true });
	expect(existsSync(join(out, "samples.jsonl"))).toBe(false);
});

test("a joined run compares like its parts do", () => {
	// Made-up times in three rounds: measured ones can be single, which have no interval.
	const timed = (run: string, time: number) => {
		const copy = changed(run, () => ({}));
		writeSamples(copy, new Map(keysOf(copy).map((key, i) => [key, [[time + i], [time + 2 * i], [time + 1]]])));
		return copy;
	};
	const parts = shards.map((shard) => timed(shard, 10));
	const before = timed(whole, 12);
	const out = join(folderIn(parent), "tiny");
	mergeRuns(parts, { out });
	const points = parts.flatMap((part) => compareRuns(part, before).points);
	const compared = compareRuns(out, before);
	expect(compared).toMatchObject({ alone: [], incomparable: 0 });
	const byName = (all: typeof points) =>
		all.map(({ name, ratio, interval }) => ({ name, ratio, interval })).sort((a, b) => (a.name < b.name ? -1 : 1));
	expect(compared.points).toHaveLength(4);
	expect(byName([...compared.points])).toEqual(byName(points));
	expect(compared.points.every(({ interval }) => interval)).toBe(true);
});

test("parts can be joined as they arrive, and again, without anything twice", () => {
	const out = join(folderIn(parent), "tiny");
	expect(mergeRuns([shards[1]], { out })).toMatchObject({ rows: 2, cells: 4, missing: ["1/2"] });
	expect(mergeRuns([shards[0]], { out })).toMatchObject({ rows: 4, cells: 4, missing: [] });
	const text = readFileSync(join(out, "rows.csv"), "utf8");
	expect(mergeRuns([...shards, shards[0]], { out })).toMatchObject({ rows: 4, missing: [] });
	expect(readFileSync(join(out, "rows.csv"), "utf8")).toBe(text);
	expect(mergeRuns([shards[0]], { out, fresh: true })).toMatchObject({ rows: 2 });
});

test("a run is extended like by a sweep: its rows stay, of whatever kind it is", () => {
	const out = changed(shards[0], () => ({ commit: "0123" }));
	expect(() => mergeRuns([shards[1]], { out })).toThrow(/commit differs/);
	expect(mergeRuns([shards[1]], { out, extend: true })).toMatchObject({ rows: 4 });
	expect(readRunInfo(out).commit).toBe(readRunInfo(shards[1]).commit);
	const later = changed(shards[1], () => ({ commit: "4567" }));
	expect(mergeRuns([shards[0], later], { out, extend: true })).toMatchObject({ rows: 4 });
});

test("a cell that was measured twice is refused with both folders, and nothing is written", () => {
	const out = join(folderIn(parent), "tiny");
	const again = changed(shards[0], () => ({}));
	const path = join(again, "rows.csv");
	const [header, line, ...rest] = readFileSync(path, "utf8").split("\n");
	writeFileSync(path, [header, line.replace(/,done,,[^,]*,/, ",done,,123.456,"), ...rest].join("\n"));
	expect(() => mergeRuns([...shards, again], { out })).toThrow(
		new RegExp(
			`^honest n=\\d+ \\(key [0-9a-f]{16}\\) was measured twice, in ${shards[0]} and in ${again}, with different rows`,
		),
	);
	expect(existsSync(join(out, "rows.csv"))).toBe(false);
});

test.each([
	["preset", () => ({ preset: "full" as const }), /preset differs, quick and full$/],
	["kernel", () => ({ kernel: "other" }), /kernel differs, \S+ and other$/],
	["commit", () => ({ commit: "0123" }), /commit differs, \S+ and 0123$/],
	["version", () => ({ versions: { attgrad: "9.9.9" } }), /version of attgrad differs, \S+ and 9\.9\.9$/],
	["experiment", () => ({ experiment: "huge" }), /experiment differs, tiny and huge$/],
	["limit", (info) => ({ settings: { ...info.settings, timeLimit: 7 } }), /time limit differs, 1000 and 7$/],
	[
		"shards",
		(info) => ({ settings: { ...info.settings, shard: { index: 2, of: 3 } } }),
		/number of shards differs, 2 and 3$/,
	],
	["grid", (info) => ({ settings: { ...info.settings, grid: ["0"] } }), /grid of the sharded sweep differs/],
	[
		"processor",
		(info) => ({ machine: { ...info.machine, cpu: "Z80" } }),
		/processor differs, .* and Z80; .*--any-machine$/,
	],
] satisfies [string, (info: ReturnType<typeof readRunInfo>) => object, RegExp][])(
	"runs of different %s are not joined",
	(_name, change, message) => {
		const other = changed(shards[1], change);
		expect(() => mergeRuns([shards[0], other], { out: join(folderIn(parent), "tiny") })).toThrow(message);
	},
);

test("runs of different machines are joined when told to", () => {
	const other = changed(shards[1], (info) => ({ machine: { ...info.machine, cpu: "Z80" } }));
	const out = join(folderIn(parent), "tiny");
	expect(mergeRuns([shards[0], other], { out, anyMachine: true })).toMatchObject({ rows: 4 });
});

test("a folder without a run is refused", () => {
	const out = join(folderIn(parent), "tiny");
	expect(() => mergeRuns([folderIn(parent)], { out })).toThrow(/run\.json: not found/);
	expect(existsSync(out)).toBe(false);
});
