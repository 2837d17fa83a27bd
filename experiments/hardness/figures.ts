import { type Figure, type LineFigure, numberText, type Row } from "@attgrad/harness";
import { decoding } from "./cases.ts";
import { gapDistribution } from "./integral-nodes.ts";
import { polynomialError } from "./polynomial-method.ts";

/** Stands under every figure of this experiment (paper.md 9.4). */
const caveat =
	"Planted and random instances are easy on average, hardness is for the worst case: nothing here is evidence for SETH. " +
	"What is shown is that the reductions decode, and what a method blind to the data would need.";

/** A number that a row of this experiment holds beside its columns. */
function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

const shown = (row: Row, name: string) => numberText(extra(row, name) ?? Number.NaN);

const range = (row: Row) => extra(row, "range");
const source = (row: Row) => extra(row, "source");
const theta = (row: Row) => extra(row, "thetaMax");

const isIntegral = (row: Row) => row.distribution === gapDistribution;
const isScores = (row: Row) => / scores /.test(row.distribution);
const isInterpolation = (row: Row) => / thetaMax /.test(row.distribution);

const reductionUnderNoise = (row: Row) => /^(\S+) under noise/.exec(row.distribution)?.[1];

/** A margin below this is drawn there: it goes far down, and the shares would be one line. */
const leastMargin = -0.5;

/** (i) Right answers and margin against the oracle's error, with the proven error marked. */
const noise: Figure = {
	name: "noise",
	only: (row) => reductionUnderNoise(row) !== undefined,
	title({ rows }) {
		const wrong = rows.filter((row) => (extra(row, "wrong") ?? 0) > 0).length;
		const early = rows.filter((row) => (extra(row, "factor") ?? 2) <= 1 && extra(row, "right") !== 1).length;
		return early + wrong === 0
			? "Every reduction decodes up to its proven oracle error; beyond it answers become unknown, never wrong"
			: `${wrong} points with wrong answers, ${early} below the proven oracle error that do not decode`;
	},
	x: { title: "oracle error over the proven one", scale: "log" },
	y: { title: "share of answers; margin left", scale: "linear" },
	panels: { value: reductionUnderNoise, heading: (rows) => `${reductionUnderNoise(rows[0])}` },
	series: [
		...(["right", "unknown", "wrong"] as const).map((outcome) => ({
			name: outcome,
			x: (row: Row) => extra(row, "factor"),
			y: (row: Row) => extra(row, outcome),
			kind: "measured" as const,
		})),
		{
			name: "margin left",
			x: (row) => extra(row, "factor"),
			y: (row) => {
				const margin = extra(row, "margin");
				return margin === undefined ? undefined : Math.max(leastMargin, margin);
			},
			kind: "floor",
		},
	],
	rules: [{ axis: "x", at: () => 1, label: "proven" }],
	caveat: `${caveat} Margin: 1 far from ambiguous, 0 at the edge; not drawn below ${numberText(leastMargin)}.`,
};

/** (ii) Gradient calls of R2 against the score range. */
const nodes: Figure = {
	name: "integral-nodes",
	only: isIntegral,
	title({ rows }) {
		const needed = rows.flatMap((row) => extra(row, "needed") ?? []);
		return needed.length > 0
			? `R2 needs ${Math.min(...needed)} to ${Math.max(...needed)} gradients; what is certified grows with the score range`
			: "Gradients that R2 needs";
	},
	x: { title: "range B_A of the scores", scale: "linear" },
	y: { title: "gradients along X = λI", scale: "log" },
	series: [
		{ name: "really needed", x: range, y: (row) => extra(row, "needed"), kind: "measured" },
		{ name: "certified from B_A", x: range, y: (row) => extra(row, "certified"), kind: "predicted" },
		{ name: "certified from sizes", x: range, y: (row) => extra(row, "certifiedFromSizes"), kind: "predicted" },
	],
	caveat,
};

/** (ii) Gradient calls of R2 and of a Riemann sum that would do, against the size. */
const calls: Figure = {
	name: "integral-calls",
	only: isIntegral,
	title({ rows }) {
		const largest = rows.filter((row) => extra(row, "needed")).sort((x, y) => y.n - x.n)[0];
		return largest
			? `At ${shown(largest, "source")} queries R2 needs ${shown(largest, "needed")} gradients, a Riemann sum that decides ${shown(largest, "sumEnough")}`
			: "Gradients that the integral routes need";
	},
	x: { title: "queries of the gap instance", scale: "powers-of-two" },
	y: { title: "gradients along X = λI", scale: "log" },
	series: [
		{ name: "R2, really needed", x: source, y: (row) => extra(row, "needed"), kind: "measured" },
		{ name: "R2, certified", x: source, y: (row) => extra(row, "certifiedFromSizes"), kind: "predicted" },
		{ name: "Riemann sum that decides", x: source, y: (row) => extra(row, "sumEnough"), kind: "measured" },
		{ name: "R0 as printed", x: source, y: (row) => extra(row, "sumCalls"), kind: "predicted" },
	],
	caveat,
};

/** (ii) What the Riemann sum of the printed proof misses f(1) by. */
const riemann: Figure = {
	name: "riemann-sum",
	only: isIntegral,
	title({ rows }) {
		const misses = rows.flatMap((row) => extra(row, "sumError") ?? []);
		return misses.length > 0
			? `The Riemann sum as printed misses f(1) by ${Math.min(...misses).toFixed(1)} to ${Math.max(...misses).toFixed(1)}, where YES and NO are 1 apart`
			: "The Riemann sum as printed";
	},
	x: { title: "queries of the gap instance", scale: "powers-of-two" },
	y: { title: "error of f(1)", scale: "linear" },
	series: [
		{ name: "R0, (ln n)⁴ terms", x: source, y: (row) => extra(row, "sumError"), kind: "measured" },
		{ name: "R2, certified nodes", x: source, y: (row) => extra(row, "nodesError"), kind: "measured" },
	],
	rules: [{ axis: "y", at: () => 1 / 2, label: "half the gap" }],
	caveat,
};

/** Something of each reduction against the number of tokens. */
const byReduction = (value: (row: Row) => number | undefined): LineFigure["series"] =>
	decoding.map((reduction) => ({
		name: reduction,
		x: (row) => (row.distribution.startsWith(`${reduction} `) ? row.n : undefined),
		y: value,
		kind: "measured",
	}));

/** (iii) B in units of √ln n. */
const bound: Figure = {
	name: "entry-bound",
	only: isScores,
	title: () => "B/√ln n stays level for R1b and R2, and grows for R1a, which needs B ~ log n",
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "B / √ln n", scale: "linear" },
	series: byReduction((row) => extra(row, "ratio")),
	caveat,
};

/** (iv) Degree of the polynomial method. */
const degree: Figure = {
	name: "polynomial-degree",
	only: isScores,
	title: () =>
		`A polynomial certified to ${100 * polynomialError} % of exp on these scores has a degree about their range`,
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "degree of the polynomial", scale: "linear" },
	series: byReduction((row) => row.degree),
	caveat,
};

/** (iv) Rank of the polynomial method as a power of n. */
const rank: Figure = {
	name: "polynomial-rank",
	only: isScores,
	title({ rows }) {
		const exponents = rows.flatMap((row) => extra(row, "exponent") ?? []);
		return exponents.length > 0
			? `The polynomial method needs rank C(d + g, g) = n^${Math.floor(Math.min(...exponents))} or more; n^1 is as slow as the exact gradient`
			: "Rank of the polynomial method";
	},
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "log_n of the rank", scale: "linear" },
	series: byReduction((row) => extra(row, "exponent")),
	rules: [{ axis: "y", at: () => 1, label: "exact gradient" }],
	caveat,
};

/** R3: what small B costs. */
const interpolation: Figure = {
	name: "counting-amplification",
	only: isInterpolation,
	title({ rows }) {
		const vouched = rows.flatMap((row) => (row.extra?.["status"] === "counted" ? (extra(row, "thetaMax") ?? []) : []));
		return vouched.length > 0
			? `Counting at small B magnifies errors: doubles vouch for the count from θmax = ${Math.min(...vouched)} on`
			: "Counting at small B magnifies errors";
	},
	x: { title: "θmax: interpolation reaches down to e^(−θmax), small is small B", scale: "linear" },
	y: { title: "error of the number of models", scale: "log" },
	series: [
		{
			name: "measured error",
			x: theta,
			y: (row) => {
				const miss = extra(row, "miss");
				return miss === undefined ? undefined : Math.max(miss, 1e-12);
			},
			kind: "measured",
		},
		{ name: "bound", x: theta, y: (row) => extra(row, "bound"), kind: "predicted" },
		{
			name: "Λ · u",
			x: theta,
			y: (row) => {
				const amplification = extra(row, "amplification");
				return amplification === undefined ? undefined : amplification * 2 ** -53;
			},
			kind: "floor",
		},
	],
	rules: [{ axis: "y", at: () => 1 / 2, label: "a count is certain below" }],
	caveat: `${caveat} The dotted line is rounding, as interpolation magnifies it.`,
};

export const figures: readonly Figure[] = [noise, nodes, calls, riemann, bound, degree, rank, interpolation];
