import { predictTime } from "@attgrad/approx-gradient";
import type { Cell } from "./cell.ts";
import type { CurveLimits } from "./curve-limits.ts";

/** The process of a cell, its problem and its gate, milliseconds: what is seen on a machine of two cores. */
const overhead = 700;

/** The first run, and one in each of the fewest rounds. */
const leastRuns = 4;

/**
 * Milliseconds that a cell is expected to take in all: from the rows that are there where they reach, from the cost
 * model where they do not. A cell that would be skipped takes none. Good to a factor of about two.
 * @param measuresItself whether the experiment has a measurement of its own, of which the cost model knows nothing
 */
export function estimateCell(cell: Cell, budget: number, limits: CurveLimits, measuresItself: boolean): number {
	if (limits.reasonToSkip(cell)) return 0;
	const run = limits.predict(cell)?.time ?? (measuresItself ? undefined : predictTime(cell)) ?? 0;
	return overhead + (run > budget ? run : Math.max(1.2 * budget, leastRuns * run));
}

/** `12 s`, `3 min`, `2.5 h`: as fine as an estimate is. */
export function describeDuration(milliseconds: number): string {
	const seconds = milliseconds / 1000;
	if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
	if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
	return `${Number((seconds / 3600).toPrecision(2))} h`;
}
