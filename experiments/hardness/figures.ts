import { type Figure, type LineFigure, numberText, power, type Row } from "@attgrad/harness";
import { type Decoding, decoding } from "./cases.ts";
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

/** The reductions in words, as legends and headings name them. */
const names: Readonly<Record<Decoding, string>> = {
	R1a: "R1a, from formulas",
	R1b: "R1b, from gaps",
	R2: "R2, by integration",
	R3: "R3, by counting",
};

/** Stands under figures that name reductions. */
const explained =
	"R1a and R1b decide by one gradient, R1a whether vectors of a formula are orthogonal, R1b whether a promised gap is there; R2 integrates " +
	"gradients along X = λI; R3 counts models of a formula by interpolation.";

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
	y: { title: "share of answers", scale: "linear" },
	panels: {
		value: reductionUnderNoise,
		heading: ([row]) => names[reductionUnderNoise(row) as Decoding],
	},
	series: [
		...(["right", "unknown", "wrong"] as const).map((outcome) => ({
			name: outcome,
			x: (row: Row) => extra(row, "factor"),
			y: (row: Row) => extra(row, outcome),
			kind: "measured" as const,
		})),
	],
	rules: [{ axis: "x", at: () => 1, label: "proven" }],
	caveat: `${explained} ${caveat}`,
};

/** (ii) Gradient calls of R2 against the score range. */
const nodes: Figure = {
	name: "integral-nodes",
	only: isIntegral,
	title({ rows }) {
		const needed = rows.flatMap((row) => extra(row, "needed") ?? []);
		return needed.length > 0
			? `Integration (R2) needs ${Math.min(...needed)} to ${Math.max(...needed)} gradients; what is certified grows with the range of scores`
			: "Gradients that integration (R2) needs";
	},
	x: { title: "range of the scores, largest − least", scale: "linear" },
	y: { title: "gradients along X = λI", scale: "log" },
	series: [
		{ name: "really needed", x: range, y: (row) => extra(row, "needed"), kind: "measured" },
		{ name: "certified from the range", x: range, y: (row) => extra(row, "certified"), kind: "predicted" },
		{ name: "certified from n, d and B", x: range, y: (row) => extra(row, "certifiedFromSizes"), kind: "predicted" },
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
			? `At ${shown(largest, "source")} queries Gauss nodes (R2) need ${shown(largest, "needed")} gradients, a Riemann sum ${shown(largest, "sumEnough")}`
			: "Gradients that the integral routes need";
	},
	x: { title: "queries of the gap instance", scale: "powers-of-two" },
	y: { title: "gradients along X = λI", scale: "log" },
	series: [
		{ name: "Gauss nodes, really needed", x: source, y: (row) => extra(row, "needed"), kind: "measured" },
		{ name: "Gauss nodes, certified", x: source, y: (row) => extra(row, "certifiedFromSizes"), kind: "predicted" },
		{ name: "Riemann sum that decides", x: source, y: (row) => extra(row, "sumEnough"), kind: "measured" },
		{ name: "Riemann sum as printed", x: source, y: (row) => extra(row, "sumCalls"), kind: "predicted" },
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
		{ name: "Riemann sum, (ln n)⁴ terms", x: source, y: (row) => extra(row, "sumError"), kind: "measured" },
		{ name: "Gauss nodes (R2)", x: source, y: (row) => extra(row, "nodesError"), kind: "measured" },
	],
	rules: [{ axis: "y", at: () => 1 / 2, label: "half the gap" }],
	caveat,
};

/** Something of each reduction against the number of tokens. */
const byReduction = (value: (row: Row) => number | undefined): LineFigure["series"] =>
	decoding.map((reduction) => ({
		name: names[reduction],
		x: (row) => (row.distribution.startsWith(`${reduction} `) ? row.n : undefined),
		y: value,
		kind: "measured",
	}));

/** (iii) B in units of √ln n. */
const bound: Figure = {
	name: "entry-bound",
	only: isScores,
	title: () => "B stays at a multiple of √ln n, but for R1a, which needs B ~ log n",
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "B / √ln n", scale: "linear", from: 0 },
	series: byReduction((row) => extra(row, "ratio")),
	caveat: `${explained} ${caveat}`,
};

/** (iv) Degree of the polynomial method. */
const degree: Figure = {
	name: "polynomial-degree",
	only: isScores,
	title: () =>
		`A polynomial certified to ${100 * polynomialError} % of exp on these scores has a degree about their range`,
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "degree of the polynomial", scale: "log" },
	series: byReduction((row) => row.degree),
	caveat: `${explained} ${caveat}`,
};

/** (iv) Rank of the polynomial method as a power of n. */
const rank: Figure = {
	name: "polynomial-rank",
	only: isScores,
	title({ rows }) {
		const exponents = rows.flatMap((row) => extra(row, "exponent") ?? []);
		return exponents.length > 0
			? `The polynomial method needs a rank of ${power("n", Math.floor(Math.min(...exponents)))} or more; at n it is as slow as the exact gradient`
			: "Rank of the polynomial method";
	},
	x: { title: "tokens n", scale: "powers-of-two" },
	y: { title: "log rank / log n", scale: "log" },
	series: byReduction((row) => extra(row, "exponent")),
	rules: [{ axis: "y", at: () => 1, label: "exact gradient" }],
	caveat: `${explained} ${caveat}`,
};

/** R3: what small B costs. */
const interpolation: Figure = {
	name: "counting-amplification",
	only: isInterpolation,
	title({ rows }) {
		const vouched = rows.flatMap((row) => (row.extra?.["status"] === "counted" ? (extra(row, "thetaMax") ?? []) : []));
		return vouched.length > 0
			? `Counting at small B magnifies errors: float64 proves the count from a reach of ${Math.min(...vouched)} on`
			: "Counting at small B magnifies errors";
	},
	x: { title: "reach θ of the interpolation, down to exp(−θ); B grows with it", scale: "linear" },
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
			name: "rounding, magnified",
			x: theta,
			y: (row) => {
				const amplification = extra(row, "amplification");
				return amplification === undefined ? undefined : amplification * 2 ** -53;
			},
			kind: "floor",
		},
	],
	rules: [{ axis: "y", at: () => 1 / 2, label: "a count is certain below" }],
	caveat: `${caveat} The dotted line is the rounding of float64 times the factor by which interpolation magnifies it.`,
};

export const figures: readonly Figure[] = [noise, nodes, calls, riemann, bound, degree, rank, interpolation];
