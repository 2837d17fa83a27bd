import { headColumns, type LocatedHead } from "@attgrad/approx-gradient";
import type { LocateAnswer } from "../../worker/tasks/locate.ts";
import { type Curve, drawChart, legend } from "../charts/line-chart.ts";
import { byId, make } from "../elements.ts";
import { tenTo } from "../words.ts";

const curves = [
	{ name: "least rank there is", colour: 3, form: "dashed" },
	{ name: "reached by the hybrid method", colour: 1, form: "circles" },
	{ name: "proved for it", colour: 2, form: "squares" },
] as const;

let shown: LocatedHead | undefined;

/** Starts the table and the chart of heads: the chart shows the head that is chosen in the table. */
export function startHeads(): void {
	legend(byId("data-heads-legend", HTMLElement), curves);
	new ResizeObserver(() => shown && showRanks(shown)).observe(byId("data-heads-chart", HTMLElement));
}

/** Takes away what was shown. */
export function clearHeads(): void {
	shown = undefined;
	byId("data-heads", HTMLElement).hidden = true;
	byId("data-heads-rows", HTMLElement).replaceChildren();
}

/** Shows where the heads of a layer lie. */
export function showHeads({ located }: LocateAnswer): void {
	const [first] = located;
	if (!first) return;
	byId("data-heads", HTMLElement).hidden = false;
	byId("data-heads-names", HTMLElement).replaceChildren(
		...headColumns.map(({ name }) => make("th", { scope: "col" }, name)),
	);
	byId("data-heads-rows", HTMLElement).replaceChildren(...located.map(rowOf));
	byId("data-heads-said", HTMLElement).textContent = verdictsInWords(located);
	showRanks(first);
}

/** A row of the table; the button of its first cell shows the ranks of that head. */
function rowOf(head: LocatedHead): HTMLElement {
	const [name = "", ...cells] = headColumns.map(({ text }) => text(head));
	const button = make("button", { type: "button", class: "small", "aria-label": `Show ranks of head ${name}` }, name);
	button.addEventListener("click", () => showRanks(head));
	return make(
		"tr",
		{ "data-verdict": head.verdict },
		make("th", { scope: "row" }, button),
		...cells.map((text) => make("td", {}, text)),
	);
}

const meanings = {
	below: "a certified low-rank pass takes fewer operations than exact attention already at this length",
	near: "it would pay at a greater length, or a better method might pay at this one",
	above: "as far as is known exact attention is the way",
} as const;

/** The verdicts on the heads, each with what it means. */
function verdictsInWords(located: readonly LocatedHead[]): string {
	const groups = (["below", "near", "above"] as const).flatMap((verdict) => {
		const count = located.filter((head) => head.verdict === verdict).length;
		return count === 0 ? [] : [`${count} ${verdict} (${meanings[verdict]})`];
	});
	return `Of ${located.length} ${located.length === 1 ? "head" : "heads"}: ${groups.join("; ")}.`;
}

function showRanks(head: LocatedHead): void {
	shown = head;
	const { index, ranks, n_q, n_k } = head;
	const points = (rank: (at: (typeof ranks)[number]) => number | null | undefined): Curve["points"] =>
		ranks.flatMap((at) => {
			const found = rank(at);
			return found === null || found === undefined ? [] : [[at.delta, Math.max(1, found)] as const];
		});
	const lines = [
		points(({ least }) => least),
		points(({ achieved }) => achieved?.hybrid),
		points(({ proven }) => proven.hybrid),
	];
	drawChart(byId("data-heads-chart", HTMLElement), {
		description: `Head ${index}: rank of the softmax matrix against the relative error. Least rank there is: ${ranks.map(({ delta, least }) => `${least} at ${tenTo(delta)}`).join(", ")}.`,
		x: {
			title: `relative error of head ${index}, Frobenius norm`,
			scale: { kind: "log", from: 5e-7, to: 0.2 },
			ticks: "decades",
		},
		y: { title: "rank", scale: { kind: "log", from: 1, to: 2 * Math.min(n_q, n_k) }, ticks: "powers of two" },
		curves: curves.map((curve, i) => ({ ...curve, points: lines[i] ?? [] })),
		rules: [{ y: Math.min(n_q, n_k), text: "n" }],
	});
}
