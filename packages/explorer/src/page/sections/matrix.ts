import { shortNumber } from "@attgrad/matrix-core";
import type { MatrixAnswer } from "../../worker/tasks/matrix.ts";
import { inWords, Latest } from "../calculator.ts";
import { sequential } from "../charts/colours.ts";
import { drawPicture, readEntries } from "../charts/heat-map.ts";
import { drawChart } from "../charts/line-chart.ts";
import { choice, slider } from "../controls.ts";
import { byId, say, showLines, whenSeen } from "../elements.ts";
import { tenTo } from "../words.ts";

const canvases = ["softmax", "approximation", "difference"] as const;

/** Starts the section; it computes when it comes into view. */
export function startMatrix(): void {
	const latest = new Latest("matrix", byId("matrix", HTMLElement));
	let shown: MatrixAnswer | undefined;
	let visible = false;
	const update = () => {
		if (!visible) return;
		const request = {
			n: Number(n.value),
			d: d.value,
			B: B.value,
			delta: delta.value,
			distribution: distribution.value,
			seed: 1,
		};
		latest.ask(
			request,
			({ answer }) => {
				shown = answer;
				say("matrix-said", "");
				show(answer);
			},
			(failure) => say("matrix-said", inWords(failure), { error: true }),
		);
	};
	const onChange = () => update();
	const n = choice({ id: "matrix-n", key: "m.n", onChange });
	const distribution = choice({ id: "matrix-data", key: "m.data", onChange });
	const B = slider({ id: "matrix-B", key: "m.B", initial: 1, text: String, onChange });
	const d = slider({ id: "matrix-d", key: "m.d", initial: 2, text: String, onChange });
	const delta = slider({
		id: "matrix-delta",
		key: "m.delta",
		initial: 1e-3,
		valueAt: (power) => Number(`1e${power}`),
		positionOf: Math.log10,
		text: tenTo,
		onChange,
	});
	for (const name of canvases)
		readEntries(byId(`matrix-${name}`, HTMLCanvasElement), (row, col) => {
			if (!shown || row >= shown.n || col >= shown.n) return;
			const at = row * shown.n + col;
			const [value, near] = [shown.softmax[at] ?? 0, shown.approximation[at] ?? 0];
			say(
				"matrix-entry",
				`Query ${shown.rows[row]}, key ${shown.cols[col]}: f = ${value.toPrecision(6)}, rank K: ${near.toPrecision(6)}, difference ${(near - value).toExponential(2)}`,
			);
		});
	whenSeen("matrix", () => {
		visible = true;
		update();
	});
	new ResizeObserver(() => shown && showValues(shown)).observe(byId("matrix-chart", HTMLElement));
}

function show(answer: MatrixAnswer): void {
	const { n, delta, softmax, approximation, degree, rank, radius, numericalRank, largestError } = answer;
	const [least, largest] = softmax.reduce(
		([low, high], value) => [Math.min(low, value), Math.max(high, value)],
		[Number.POSITIVE_INFINITY, 0],
	);
	// The weights from the least to the largest, twelve decades of the difference.
	const share = (value: number) => Math.log(value / least) / Math.log(largest / least || 2);
	say("matrix-range", `f from ${shortNumber(least)} (dark) to ${shortNumber(largest)} (bright)`);
	const shares: Readonly<Record<(typeof canvases)[number], (at: number) => number>> = {
		softmax: (at) => share(softmax[at] ?? 0),
		approximation: (at) => share(approximation[at] ?? 0),
		difference: (at) => 1 + Math.log10(Math.abs((approximation[at] ?? 0) - (softmax[at] ?? 0)) / largest + 1e-16) / 12,
	};
	for (const name of canvases)
		drawPicture(byId(`matrix-${name}`, HTMLCanvasElement), {
			rows: n,
			cols: n,
			shares: shares[name],
			colours: sequential,
		});
	showLines("matrix-numbers", [
		["largest score R", shortNumber(radius)],
		["degree", degree === undefined ? "none is proved" : String(degree)],
		["rank K of the polynomial", rank === undefined ? "–" : `${rank}${rank >= n ? " (not below n)" : ""}`],
		[`σ above ${tenTo(delta)} σ₁`, `${numericalRank} of ${n}`],
		["largest error of an entry", Number.isNaN(largestError) ? "–" : shortNumber(largestError)],
	]);
	showValues(answer);
}

function showValues({ n, delta, singular, rank, numericalRank }: MatrixAnswer): void {
	const first = singular[0] ?? 1;
	drawChart(byId("matrix-chart", HTMLElement), {
		description: `Singular values of the ${n} x ${n} softmax matrix: ${numericalRank} are above ${delta} times the largest; the polynomial has rank ${rank ?? "unknown"}.`,
		x: { title: "number of the singular value", scale: { kind: "linear", from: 0, to: n } },
		y: { title: "σ / σ₁", scale: { kind: "log", from: 1e-16, to: 2 }, ticks: "decades" },
		curves: [
			{
				name: "singular values",
				colour: 1,
				form: "line",
				points: Array.from(singular, (value, i) => [i + 0.5, Math.max(1e-16, value / first)]),
			},
		],
		rules: [
			{ y: delta, text: `δ = ${tenTo(delta)}` },
			...(rank !== undefined && rank <= n ? [{ x: rank, text: `K = ${rank}` }] : []),
		],
	});
}
