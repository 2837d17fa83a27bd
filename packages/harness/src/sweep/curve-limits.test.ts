import { expect, test } from "vitest";
import { expandGrid } from "../experiment/grid.ts";
import { sampleRow } from "../testing/rows.ts";
import tiny from "../testing/tiny-experiment.ts";
import { CurveLimits } from "./curve-limits.ts";

/** The cell of the tiny experiment at this n, and its row. */
const cell = (n: number, algorithm = "honest") =>
	expandGrid(tiny, "quick", "js", { algorithm: [algorithm], n: [n] })[0];

test("no curve has a limit while its points are fast enough", () => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, time_ms: 100 }));
	expect(limits.reasonToSkip(cell(16))).toBeUndefined();
});

test("past a slow point larger n are skipped, the same n and smaller ones are not", () => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, time_ms: 101 }));
	expect(limits.reasonToSkip(cell(16))).toMatch(/^n = 8 took 101 ms, over the time limit of 0\.1 s/);
	expect(limits.reasonToSkip(cell(8))).toBeUndefined();
	expect(limits.reasonToSkip(cell(4))).toBeUndefined();
	expect(limits.reasonToSkip(cell(16, "slow"))).toBeUndefined();
});

test.each(["timeout", "out-of-memory"] as const)("past a point that ended as %s larger n are skipped", (status) => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, status, reason: "why" }));
	expect(limits.reasonToSkip(cell(16))).toBe(`n = 8 ended as ${status}: why`);
});

test("a larger n is skipped untried where three sizes predict that it takes more than one and a half times the limit", () => {
	const limits = new CurveLimits(100);
	for (const n of [2, 4]) limits.note(cell(n), sampleRow({ n, time_ms: n ** 2 }));
	expect(limits.reasonToSkip(cell(64))).toBeUndefined();
	limits.note(cell(8), sampleRow({ n: 8, time_ms: 64 }));
	expect(limits.predict(cell(16))!.time).toBeCloseTo(256, 6);
	expect(limits.reasonToSkip(cell(16))).toBe(
		"predicted to take 256 ms, as n^2.00 up to n = 8, over the time limit of 0.1 s; for more: --time-limit and --rerun skipped",
	);
	expect(limits.reasonToSkip(cell(11))).toBeUndefined();
	expect(limits.reasonToSkip(cell(4))).toBeUndefined();
	expect(limits.reasonToSkip(cell(16, "slow"))).toBeUndefined();
});

test("a prediction rests on the largest sizes: a constant part at small n does not hide the growth", () => {
	const limits = new CurveLimits(1000);
	for (const n of [1, 2, 4, 64, 128, 256]) limits.note(cell(n), sampleRow({ n, time_ms: 10 + n }));
	expect(limits.predict(cell(512))!.time).toBeGreaterThan(450);
});

test("a point that failed or was skipped itself sets no limit", () => {
	const limits = new CurveLimits(100);
	for (const status of ["failed", "invalid", "skipped"] as const) {
		const { time_ms: _, ...row } = sampleRow({ n: 8, status, reason: "why" });
		limits.note(cell(8), row);
	}
	expect(limits.reasonToSkip(cell(16))).toBeUndefined();
});

test("the smallest slow point is the limit, whatever the order", () => {
	const limits = new CurveLimits(100);
	for (const n of [16, 8, 32]) limits.note(cell(n), sampleRow({ n, time_ms: 1000 }));
	expect(limits.reasonToSkip(cell(12))).toMatch(/^n = 8 took/);
});
