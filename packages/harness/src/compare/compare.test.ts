import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import type { Row } from "../cells/row.ts";
import { headerLine, readRows, rowLine } from "../store/rows-file.ts";
import { writeRunInfo } from "../store/run-info.ts";
import { appendSamples, readSamples } from "../store/samples-file.ts";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { sampleRun } from "../testing/sample-run.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { findRun, saveBaseline } from "./baselines.ts";
import { compareRuns } from "./compare-runs.ts";
import { comparisonPage } from "./comparison-page.ts";
import { joinRounds } from "./join-rounds.ts";
import { judge } from "./judge.ts";
import { medianOf, type RunTimes, ratioOf } from "./ratio.ts";

const random = seededRandom(1, "compare");

/** Times of a point in 5 rounds of 12: rounds drift by 3 %, single times are skewed as those of a computer are. */
function times(level: number): RunTimes {
	const rounds = Array.from({ length: 5 }, () => {
		const drift = 0.03 * random.normal();
		return Array.from({ length: 12 }, () => level * Math.exp(drift + 0.05 * random.normal() ** 2));
	});
	return { median: medianOf(rounds.flat()), rounds };
}

const many = 2000;
/** How far a share of `many` may be from its probability by chance: 4 standard deviations. */
const chance = (p: number) => 4 * Math.sqrt((p * (1 - p)) / many);

const unchanged = Array.from({ length: many }, () => ratioOf(times(5), times(5)));

test("the interval of a ratio holds the true one in 95 of 100 cases", () => {
	const held = unchanged.filter(({ interval }) => interval![0] <= 1 && 1 <= interval![1]).length / many;
	expect(held).toBeGreaterThan(0.95 - chance(0.95));
	// Welch's interval is somewhat wide at 4 degrees of freedom each.
	expect(held).toBeLessThan(0.98);
});

test("where nothing has changed, at most 1 point in 20 is said to have", () => {
	const { verdicts, noise } = judge(unchanged);
	const flagged = verdicts.filter((verdict) => verdict !== "same").length / many;
	expect(flagged).toBeLessThan(0.05 + chance(0.05));
	expect(noise).toBeGreaterThan(0.02);
	expect(noise).toBeLessThan(0.1);
});

test("a change of 30 % is found, and its direction", () => {
	const changed = Array.from({ length: 200 }, (_, i) => ratioOf(times(5), times(i % 2 === 0 ? 6.5 : 5 / 1.3)));
	const { verdicts } = judge(changed);
	const right = verdicts.filter((verdict, i) => verdict === (i % 2 === 0 ? "slower" : "faster"));
	expect(right.length).toBeGreaterThan(190);
});

test("by median and deviation alone few points are flagged either, and single runs never", () => {
	const brief = () => {
		const all = Array.from({ length: 40 }, () => 5 * Math.exp(0.05 * random.normal()));
		const median = medianOf(all);
		return { median, mad: medianOf(all.map((time) => Math.abs(time - median))), samples: 40 };
	};
	const { verdicts } = judge(Array.from({ length: many }, () => ratioOf(brief(), brief())));
	expect(verdicts.filter((verdict) => verdict !== "same").length / many).toBeLessThan(0.05 + chance(0.05));
	expect(judge([ratioOf({ median: 1, samples: 1 }, { median: 9, samples: 1 })]).verdicts).toEqual(["unknown"]);
});

const folder = temporaryFolder();

/** A results folder of six points, `slowed` times as slow, and what else is other. */
function runFolder(slowed = 1, changes: Partial<Row> = {}): string {
	const path = folderIn(folder);
	const sizes = [256, 512, 1024, 2048, 4096, 8192];
	const points = sizes.map((n, i) => ({ n, key: sampleKey(i), ...times(n / 100) }));
	const rows = points.map(({ n, key, median }) =>
		sampleRow({ n, key, time_ms: median * (n === 8192 ? slowed : 1), ...changes }),
	);
	mkdirSync(path, { recursive: true });
	writeFileSync(join(path, "rows.csv"), headerLine + rows.map(rowLine).join(""));
	writeRunInfo(path, sampleRun(rows).info);
	for (const { n, key, rounds } of points)
		appendSamples(
			path,
			key,
			rounds!.map((round) => round.map((time) => time * (n === 8192 ? slowed : 1))),
		);
	return path;
}

test("the point that has become slower is found among those that have not", () => {
	const { points, alone, incomparable } = compareRuns(runFolder(), runFolder(2));
	expect(points.map(({ verdict }) => verdict)).toEqual(["same", "same", "same", "same", "same", "slower"]);
	expect(points[5]!.interval![0]).toBeLessThan(2);
	expect(points[5]!.interval![1]).toBeGreaterThan(2);
	expect([alone, incomparable]).toEqual([[], 0]);
});

test.each([
	["machine", { machine: "another" }],
	["kernel", { kernel: "fma" }],
	["dtype", { dtype: "f32" }],
	["threads", { threads: 2 }],
] as const)("runs of another %s are refused, unless told", (name, changes) => {
	const [first, second] = [runFolder(), runFolder(1, changes)];
	expect(() => compareRuns(first, second)).toThrow(UsageError);
	expect(() => compareRuns(first, second)).toThrow(`say --across ${name}`);
	expect(compareRuns(first, second, [name]).points).toHaveLength(6);
});

test("a baseline is kept under its name and found again", () => {
	const [run, parent] = [runFolder(), join(folder, "baselines")];
	saveBaseline("before", run, parent);
	expect(compareRuns(findRun("before", parent), run).points.every(({ ratio }) => ratio === 1)).toBe(true);
	expect(() => findRun("after", parent)).toThrow("after: no such folder or baseline (baselines: before)");
	expect(() => saveBaseline("../x", run, parent)).toThrow("--save must be a name");
	expect(() => saveBaseline("x", folder, parent)).not.toThrow();
});

/** A results folder of these sizes alone. */
function runOf(sizes: readonly number[], changes: (n: number) => Partial<Row> = () => ({})): string {
	const path = folderIn(folder);
	const rows = sizes.map((n) =>
		sampleRow({ n, key: sampleKey(n), time_ms: n, time_mad_ms: n / 50, samples: 9, ...changes(n) }),
	);
	writeFileSync(join(path, "rows.csv"), headerLine + rows.map(rowLine).join(""));
	writeRunInfo(path, sampleRun(rows).info);
	return path;
}

test("points that one run alone has timed are listed, with what became of them in the other", () => {
	const second = runOf([256, 512, 2048], (n) => (n === 512 ? { status: "timeout", reason: "over 5 s" } : {}));
	const { points, alone } = compareRuns(runOf([256, 512, 1024]), second);
	expect(points).toHaveLength(1);
	expect(alone.map(({ name, run, otherwise }) => [/n=\d+/.exec(name)?.[0], run, otherwise])).toEqual([
		["n=512", "first", "timeout"],
		["n=1024", "first", undefined],
		["n=2048", "second", undefined],
	]);
});

test("a point that was measured in other conditions is no lone one", () => {
	const second = runOf([256, 512], (n) => (n === 512 ? { dtype: "f32" } : {}));
	expect(compareRuns(runOf([256, 512]), second)).toMatchObject({ alone: [], incomparable: 1 });
});

test("the page of a comparison tells what changed first, and what stands alone", () => {
	const [first, second] = [runFolder(), runFolder(2)];
	const comparison = compareRuns(first, second);
	const page = comparisonPage("before", "after", {
		...comparison,
		alone: [{ name: "scaling dense n=512", run: "second", otherwise: "timeout" }],
	});
	const names = [...page.matchAll(/<th scope="row">([^<]*)</g)].map(([, name]) => name);
	expect(names).toHaveLength(7);
	expect(names[0]).toContain("n=8192");
	expect(page).toMatch(/<span class="bad">slower by \d+ %</);
	expect(page).toMatch(/scaling dense n=512<\/th><td>after<\/td><td>timeout</);
});

test("rounds of one commit are joined: the median of their times, and all samples", () => {
	const [one, other, target] = [runFolder(), runFolder(), join(folder, "joined")];
	joinRounds([one, other], target);
	const rowsOf = (path: string) => readRows(join(path, "rows.csv")).rows;
	for (const row of rowsOf(target)) {
		const times = [one, other].map((path) => rowsOf(path).find(({ key }) => key === row.key)?.time_ms ?? 0);
		expect(row.time_ms).toBeCloseTo(medianOf(times), 9);
		expect(readSamples(target).get(row.key)).toEqual(
			[one, other].flatMap((path) => readSamples(path).get(row.key) ?? []),
		);
	}
	expect(compareRuns(one, target).points).toHaveLength(6);
});
