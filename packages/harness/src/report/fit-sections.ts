import { describeExponent } from "../fits/power-law.ts";
import type { CurveSummary } from "../summary/curve-summary.ts";
import { shown, shownSize, shownTime } from "../summary/shown.ts";
import { html } from "./html.ts";
import type { PageSection } from "./report-page.ts";
import { table } from "./report-tables.ts";

/** What the times say of how they grow with n; nothing where no curve has enough sizes. */
export function fitSections(curves: readonly CurveSummary[]): PageSection[] {
	const growing = curves.filter(({ law }) => law !== undefined);
	if (growing.length === 0) return [];
	const rows = growing.map(({ algorithm, setting, sizes, times, law, error, bound }) => [
		algorithm,
		setting,
		sizes!.map(shownSize).join(" to "),
		times ? times.map(shownTime).join(" to ") : "–",
		describeExponent(law!),
		shown(error),
		shown(bound),
	]);
	const content = html`<p>The exponent is that of a power law through all sizes of a curve, with a 95 % interval.</p>
${table(
	"Fits",
	[
		{ head: "algorithm" },
		{ head: "setting" },
		{ head: "n" },
		{ head: "time" },
		{ head: "exponent of n" },
		{ head: "largest error", isNumber: true },
		{ head: "largest bound", isNumber: true },
	],
	rows,
)}`;
	return [{ id: "fits", heading: "Growth with n", content }];
}
