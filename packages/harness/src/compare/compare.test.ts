import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import type { Row } from "../cells/row.ts";
import { headerLine, rowLine } from "../store/rows-file.ts";
import { writeRunInfo } from "../store/run-info.ts";
import { appendSamples } from "../store/samples-file.ts";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { sampleRun } from "../testing/sample-run.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { findRun, saveBaseline } from "./baselines.ts";
import { compareRuns } from "./compare-runs.ts";
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
	const { points, unmatched, incomparable } = compareRuns(runFolder(), runFolder(2));
	expect(points.map(({ verdict }) => verdict)).toEqual(["same", "same", "same", "same", "same", "slower"]);
	expect(points[5]!.interval![0]).toBeLessThan(2);
	expect(points[5]!.interval![1]).toBeGreaterThan(2);
	expect([unmatched, incomparable]).toEqual([0, 0]);
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
