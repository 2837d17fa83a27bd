import { expect, test } from "vitest";
import type { Cell } from "../cells/cell.ts";
import type { CurveLimits } from "./curve-limits.ts";
import { estimateCell } from "./estimate.ts";

const cell = { algorithm: "streaming", n: 4096, d: 4, B: 1, options: {}, threads: 1 } as unknown as Cell;
const effort = { budget: 1000, timeLimit: 60_000 };
const limits = (time?: number, reason?: string) =>
	({
		reasonToSkip: () => reason,
		predict: () => (time === undefined ? undefined : { time }),
	}) as unknown as CurveLimits;

test("a cell takes the budget, or one run where that is longer, or the fewest runs where those are", () => {
	expect(estimateCell(cell, effort, limits(10), {})).toBe(700 + 1200);
	expect(estimateCell(cell, effort, limits(5000), {})).toBe(700 + 5000);
	expect(estimateCell(cell, effort, limits(800), {})).toBe(700 + 3200);
});

test("a cell that would be skipped takes nothing", () => {
	expect(estimateCell(cell, effort, limits(10, "too long"), {})).toBe(0);
});

test("an experiment that measures in its own way is asked, and without an answer takes the budget", () => {
	const measure = async () => ({});
	expect(estimateCell(cell, effort, limits(), { measure })).toBe(700 + 1200);
	expect(estimateCell(cell, effort, limits(), { measure, estimate: ({ n }) => 2 * n })).toBe(700 + 8192);
});
