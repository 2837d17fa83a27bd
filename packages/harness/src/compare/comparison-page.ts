import { html, pageFrame, table } from "../report/index.ts";
import { shownTime } from "../summary/index.ts";
import type { ComparedPoint, Comparison } from "./compare-runs.ts";
import { describeChange } from "./judge.ts";

/** Ratios beyond these ends are drawn at the end. */
const widest = 4;

/** A comparison as one HTML file that needs nothing beside it: what changed first, each ratio with its interval, what stands alone. */
export function comparisonPage(first: string, second: string, comparison: Comparison): string {
	const { points, noise, alone, incomparable } = comparison;
	const count = (wanted: ComparedPoint["verdict"]) => points.filter(({ verdict }) => verdict === wanted).length;
	const order: readonly ComparedPoint["verdict"][] = ["slower", "faster", "unknown", "same"];
	const sorted = [...points].sort(
		(a, b) =>
			order.indexOf(a.verdict) - order.indexOf(b.verdict) || Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)),
	);
	const heads = ["point", "before", "after", "ratio", "95 % interval", "0.25 to 4, the line is 1", "change"];
	return pageFrame({
		title: `attgrad: ${second} beside ${first}`,
		header: html`<h1>Times of ${second} over those of ${first}</h1>
<p>${points.length} points: ${count("slower")} slower, ${count("faster")} faster, ${count("same")} without a change above noise, ${count("unknown")} timed once only.
Noise between identical halves: ${(100 * noise).toFixed(1)} %.${incomparable > 0 && ` ${incomparable} left out, measured in other conditions.`}</p>`,
		main: html`${table(
			"Points that both runs timed",
			heads.map((head, i) => ({ head, isNumber: i > 0 && i < 5 })),
			sorted.map((point) => [
				point.name,
				...point.times.map(shownTime),
				point.ratio.toFixed(3),
				point.interval?.map((end) => end.toFixed(3)).join(" to ") ?? "",
				intervalBar(point),
				html`<span class="${point.verdict === "slower" ? "bad" : point.verdict === "faster" ? "good" : "faint"}">${describeChange(point)}</span>`,
			]),
		)}${alone.length > 0 && aloneSection(comparison)}`,
	});
}

/** The interval of a ratio as a bar on a logarithmic scale, with a line at 1. */
function intervalBar({ ratio, interval = [ratio, ratio] }: ComparedPoint) {
	const at = (value: number) =>
		Number((50 + 50 * Math.max(-1, Math.min(1, Math.log(value) / Math.log(widest)))).toFixed(2));
	const [low, middle, high] = [interval[0], ratio, interval[1]].map(at);
	return html`<svg width="140" height="14" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${ratio.toFixed(3)}"><line x1="50" x2="50" y1="0" y2="10" stroke="currentColor" stroke-opacity="0.4"/><line x1="${low}" x2="${high}" y1="5" y2="5" stroke="currentColor" stroke-width="2"/><rect x="${middle - 1}" y="1.5" width="2" height="7" fill="currentColor"/></svg>`;
}

function aloneSection({ alone }: Comparison) {
	return html`<h2>In one run only</h2>${table(
		"Points in one run only",
		["point", "timed", "in the other run"].map((head) => ({ head })),
		alone.map(({ name, run, otherwise }) => [name, run === "first" ? "before" : "after", otherwise ?? "not there"]),
	)}`;
}
