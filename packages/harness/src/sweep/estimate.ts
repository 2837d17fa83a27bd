import { predictTime } from "@attgrad/approx-gradient";
import type { Cell } from "../cells/index.ts";
import type { Effort, Experiment } from "../experiment/index.ts";
import type { CurveLimits } from "./curve-limits.ts";

/** The process of a cell, its problem and its gate, milliseconds: what is seen on a machine of two cores. */
const overhead = 700;

/** The first run, and one in each of the fewest rounds. */
const leastRuns = 4;

/**
 * Milliseconds that a cell is expected to take in all: from the rows that are there where they reach, from the cost
 * model where they do not. A cell that would be skipped takes none. Good to a factor of about two.
 * @param experiment of one with a measurement of its own the cost model knows nothing: it may have an estimate of its own too
 */
export function estimateCell(
	cell: Cell,
	effort: Effort,
	limits: CurveLimits,
	{ measure, estimate }: Pick<Experiment, "measure" | "estimate">,
): number {
	if (limits.reasonToSkip(cell)) return 0;
	if (estimate) return overhead + estimate(cell, effort);
	const { budget } = effort;
	const run = limits.predict(cell)?.time ?? (measure ? undefined : predictTime(cell)) ?? 0;
	return overhead + (run > budget ? run : Math.max(1.2 * budget, leastRuns * run));
}
