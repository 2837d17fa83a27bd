import { peers as programPeers } from "@attgrad/algorithms";
import { defineExperiment, type GridBlock, type LineFigure, numberText, type Row } from "@attgrad/harness";
import { measureWithError } from "../error-at-size.ts";
import { peers } from "./peers.ts";

/** Those of this folder, and those that are programs in other languages. */
const names = [...peers, ...programPeers].map(({ name }) => name);

const blocks = (widths: readonly number[], sizes: readonly number[], slow: readonly number[]): GridBlock[] =>
	widths.flatMap((d) => [
		{ algorithm: ["streaming"], n: sizes, d: [d], B: [1], dtype: ["f64", "f32"] },
		{ algorithm: names, n: slow, d: [d], B: [1], dtype: ["f64", "f32"] },
	]);

const twoDigits = (x: number) => Number(x.toPrecision(2)).toLocaleString("en");

const milliseconds = ({ time_ms }: Row) => time_ms;

const errorAxis = { title: "error, max |g̃ − g| / max |g|", scale: "log" } as const;

const figure: LineFigure = {
	name: "error-vs-time",
	title({ rows }) {
		const ratios = rows.flatMap((row) => {
			if (row.algorithm !== "streaming" || row.status !== "done") return [];
			const same = rows.filter(
				({ n, d, dtype, status, algorithm }) =>
					n === row.n && d === row.d && dtype === row.dtype && status === "done" && algorithm !== "streaming",
			);
			return same.map(({ time_ms }) => time_ms! / row.time_ms!);
		});
		return ratios.length === 0
			? "Error beside time, other software and ours"
			: `Other software takes ${twoDigits(Math.min(...ratios))} to ${twoDigits(Math.max(...ratios))} times as long as our exact gradient`;
	},
	x: { title: "time of one gradient (ms)", scale: "log" },
	y: errorAxis,
	panelY: () => errorAxis,
	panels: {
		value: ({ d, dtype }) => `${d} ${dtype}`,
		heading: ([row]) => `d = ${row.d}, ${row.dtype === "f64" ? "float64" : "float32"}`,
	},
	series: [
		{
			kind: "measured",
			x: milliseconds,
			y: ({ error_rel }) => error_rel,
			along: ({ n }) => n,
			label: ({ n }) => numberText(n),
		},
	],
	caveat:
		"Numbers beside points are n, where there is room. Panels have their own axes of error. Points of zero error are not drawn. Each program is used as one writes it first.",
};

/** Other ways to the same gradient that a JavaScript program has: how long, and how exact? */
export default defineExperiment({
	name: "peers",
	title: "Error and time of the exact gradient, other software and ours",
	question: "How long does the gradient take with other software, and how exact is what comes out?",
	module: import.meta.url,
	algorithms: peers,
	grid: {
		quick: blocks([8], [256, 512], [256, 512]),
		full: blocks([8, 64], [512, 1024, 2048, 4096], [512, 1024, 2048]),
	},
	effort: { quick: { budget: 150, timeLimit: 5_000 }, full: { budget: 1_000, timeLimit: 20_000 } },
	figures: [figure],
	measure: measureWithError,
});
