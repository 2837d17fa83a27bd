import { peers as programPeers } from "@attgrad/algorithms";
import { defineExperiment, type GridBlock, type LineFigure, power, type Row } from "@attgrad/harness";
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

/** Times of other software over those of ours at the same n, d and number type. */
function ratiosOf(rows: readonly Row[]): { readonly ratio: number; readonly row: Row }[] {
	return rows.flatMap((row) => {
		if (row.algorithm === "streaming" || row.status !== "done") return [];
		const ours = rows.find(
			({ n, d, dtype, algorithm }) => algorithm === "streaming" && n === row.n && d === row.d && dtype === row.dtype,
		);
		return ours?.time_ms && row.time_ms ? [{ ratio: row.time_ms / ours.time_ms, row }] : [];
	});
}

const typeOf = ({ dtype }: Row): string => (dtype === "f32" ? "float32" : "float64");

/** Errors above this are not of the number type that was asked for. */
const expected = { float32: 1e-5, float64: 1e-12 } as const;

/** The power of ten that no error of these rows passes. */
const classOf = (rows: readonly Row[]): string =>
	power(10, Math.ceil(Math.log10(Math.max(...rows.flatMap(({ error_rel }) => error_rel ?? [])))));

/** The classes of error: `float64 below 10⁻¹⁴, but jax-js 10⁻⁷`. */
function describeErrors(rows: readonly Row[]): string {
	const known = rows.filter(({ error_rel = 0 }) => error_rel > 0);
	const parts = (["float32", "float64"] as const).flatMap((type) => {
		const own = known.filter((row) => typeOf(row) === type);
		const [sound, coarse] = [true, false].map((wanted) =>
			own.filter(({ error_rel = 0 }) => error_rel <= expected[type] === wanted),
		);
		const others = [...Map.groupBy(coarse, ({ algorithm }) => algorithm)].map(
			([name, members]) => `, but ${name} ${classOf(members)}`,
		);
		return sound.length > 0 ? [`${type} below ${classOf(sound)}${others.join("")}`] : [];
	});
	return `Errors over max |g|: ${parts.join("; ")}`;
}

const figure: LineFigure = {
	name: "time-vs-n",
	title({ rows }) {
		const ratios = ratiosOf(rows).sort((a, b) => a.ratio - b.ratio);
		const [least, most] = [ratios[0], ratios.at(-1)];
		return least && most
			? `Other software takes ${twoDigits(least.ratio)} (${least.row.algorithm}) to ${twoDigits(most.ratio)} times (${most.row.algorithm}) as long as our exact gradient`
			: "Time of the exact gradient, other software and ours";
	},
	x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
	y: { title: "time of one gradient (ms)", scale: "log" },
	panels: {
		value: (row) => `${String(row.d).padStart(4)} ${typeOf(row)}`,
		heading: ([row]) => `d = ${row.d}, ${typeOf(row)}`,
	},
	series: [{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms }],
	caveat: (rows) => `${describeErrors(rows)}. Each program is used as one writes it first.`,
};

/** Other ways to the same gradient that a JavaScript program has: how long, and how exact? */
export default defineExperiment({
	name: "peers",
	title: "Error and time of the exact gradient, other software and ours",
	question: "How long does the gradient take with other software, and how exact is what comes out?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "The exact gradient here is about as fast as that of other software, or faster.",
			figure: "time-vs-n",
		},
	],
	algorithms: peers,
	grid: {
		quick: blocks([8], [256, 512], [256, 512]),
		full: blocks([8, 64], [512, 1024, 2048, 4096], [512, 1024, 2048]),
	},
	effort: { quick: { budget: 150, timeLimit: 5_000 }, full: { budget: 1_000, timeLimit: 20_000 } },
	figures: [figure],
	measure: measureWithError,
});
