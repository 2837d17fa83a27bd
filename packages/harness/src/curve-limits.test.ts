import { expect, test } from "vitest";
import { CurveLimits } from "./curve-limits.ts";
import { expandGrid } from "./grid.ts";
import { sampleRow } from "./testing/rows.ts";
import tiny from "./testing/tiny-experiment.ts";

/** The cell of the tiny experiment at this n, and its row. */
const cell = (n: number, algorithm = "honest") =>
	expandGrid(tiny, "quick", "js", { algorithm: [algorithm], n: [n] })[0]!;

test("no curve has a limit while its points are fast enough", () => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, time_ms: 100 }));
	expect(limits.reasonToSkip(cell(16))).toBeUndefined();
});

test("past a slow point larger n are skipped, the same n and smaller ones are not", () => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, time_ms: 101 }));
	expect(limits.reasonToSkip(cell(16))).toMatch(/^n = 8 took 0\.101 s, over the time limit of 0\.1 s/);
	expect(limits.reasonToSkip(cell(8))).toBeUndefined();
	expect(limits.reasonToSkip(cell(4))).toBeUndefined();
	expect(limits.reasonToSkip(cell(16, "slow"))).toBeUndefined();
});

test.each(["timeout", "out-of-memory"] as const)("past a point that ended as %s larger n are skipped", (status) => {
	const limits = new CurveLimits(100);
	limits.note(cell(8), sampleRow({ n: 8, status, reason: "why" }));
	expect(limits.reasonToSkip(cell(16))).toBe(`n = 8 ended as ${status}: why`);
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
