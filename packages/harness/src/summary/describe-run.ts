import { algorithmLabel } from "../cells/index.ts";
import { describeExponent } from "../fits/index.ts";
import type { Run } from "../store/index.ts";
import { crossingsOf } from "./crossings.ts";
import { type CurveSummary, summariseCurves } from "./curve-summary.ts";
import { describeReach, shown, shownSize, shownTime } from "./shown.ts";

/** Most curves that a terminal is filled with. */
const mostLines = 24;

/** The columns of the table, each with what it says of a curve. */
const columns: readonly { readonly head: string; of(curve: CurveSummary): string }[] = [
	{ head: "algorithm", of: ({ algorithm }) => algorithmLabel(algorithm) },
	{ head: "setting", of: ({ setting }) => setting },
	{ head: "n", of: ({ sizes }) => (sizes ? [...new Set(sizes.map(shownSize))].join("..") : "") },
	{ head: "time", of: ({ times }) => (times ? [...new Set(times.map(shownTime))].join("..") : "") },
	{ head: "exponent", of: ({ growth }) => (growth ? describeExponent(growth.law) : "") },
	{ head: "form", of: ({ growth }) => growth?.verdict ?? "" },
	{ head: "n within 1 s", of: ({ reach: [second] }) => (second ? describeReach(second) : "") },
	{ head: "max error", of: ({ error }) => (error === undefined ? "" : shown(error)) },
	{ head: "proved bound", of: ({ bound }) => (bound === undefined ? "" : shown(bound)) },
	{
		head: "not done",
		of: ({ counts: { done: _, ...others } }) =>
			Object.entries(others)
				.map(([status, count]) => `${count} ${status}`)
				.join(", "),
	},
];

/** A run in a table for the terminal: a line a curve, below it where curves cross. Columns that say nothing are left out. */
export function describeRun(run: Pick<Run, "info" | "rows">): string {
	const curves = summariseCurves(run);
	const lines = textTable(
		columns.map(({ head }) => head),
		curves.slice(0, mostLines).map((curve) => columns.map(({ of }) => of(curve))),
	);
	if (curves.length > mostLines) lines.push(`… and ${curves.length - mostLines} more: all are in report.html`);
	for (const { winner, loser, ...where } of crossingsOf(run))
		lines.push(`${algorithmLabel(winner)} is faster than ${algorithmLabel(loser)} from n = ${describeReach(where)}`);
	return lines.join("\n");
}

/** Lines with their fields below each other; columns that are empty in all lines are left out. */
export function textTable(heads: readonly string[], lines: readonly (readonly string[])[]): string[] {
	const kept = heads.map((_, i) => i).filter((i) => lines.some((line) => line[i] !== ""));
	const all = [heads, ...lines].map((line) => kept.map((i) => line[i]));
	const widths = kept.map((_, i) => Math.max(...all.map((line) => line[i].length)));
	return all.map((line) =>
		line
			.map((field, i) => field.padEnd(widths[i]))
			.join("  ")
			.trimEnd(),
	);
}
