import { describeExponent } from "../../fits/index.ts";
import {
	type Crossing,
	type CurveSummary,
	describeReach,
	patience,
	shown,
	shownSize,
	shownTime,
} from "../../summary/index.ts";
import { html } from "../html/html.ts";
import type { PageSection } from "../html/page-frame.ts";
import { table } from "../html/report-tables.ts";

/** The growth of the times with n, and the crossings of curves; nothing where no curve has enough sizes. */
export function fitSections(curves: readonly CurveSummary[], crossings: readonly Crossing[]): PageSection[] {
	const rows = curves.flatMap(({ algorithm, setting, sizes, times, growth, reach, error, bound }) =>
		growth && sizes && times
			? [
					[
						algorithm,
						setting,
						sizes.map(shownSize).join(" to "),
						times.map(shownTime).join(" to "),
						describeExponent(growth.law),
						growth.verdict === "undecided" ? `undecided: ${growth.reason}` : growth.verdict,
						...reach.map(describeReach),
						shown(error),
						shown(bound),
					],
				]
			: [],
	);
	if (rows.length === 0) return [];
	const content = html`<p>The exponent is that of a power law through all sizes of a curve. Intervals contain the truth in 95 % of runs. A size in brackets is extrapolated: it assumes that the curve continues unchanged.</p>
${table(
	"Growth with n",
	[
		{ head: "algorithm" },
		{ head: "setting" },
		{ head: "n" },
		{ head: "time" },
		{ head: "exponent of n" },
		{ head: "form", isWide: true },
		...patience.map((limit) => ({ head: `largest n within ${shownTime(limit)}` })),
		{ head: "largest error", isNumber: true },
		{ head: "largest proved bound", isNumber: true },
	],
	rows,
)}`;
	return [{ id: "fits", heading: "Growth with n", content }, ...crossingSection(crossings)];
}

function crossingSection(crossings: readonly Crossing[]): PageSection[] {
	if (crossings.length === 0) return [];
	const content = table(
		"Crossovers",
		[{ head: "faster for larger n" }, { head: "than" }, { head: "from n" }],
		crossings.map(({ winner, loser, ...where }) => [winner, loser, describeReach(where)]),
	);
	return [{ id: "crossovers", heading: "Crossovers", content }];
}
