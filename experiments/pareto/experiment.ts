import { algorithmLabel, defineExperiment, type GridBlock, type LineFigure, type Row } from "@attgrad/harness";
import { measureWithError } from "../error-at-size.ts";
import { describeFastest } from "./fastest.ts";

/** Budgets of each method, from cheap to dear. */
interface Budgets {
	readonly n: number;
	readonly B: readonly number[];
	/** Of the moment route. */
	readonly degrees: readonly number[];
	/** Of the other routes and of support basis. */
	readonly fewerDegrees: readonly number[];
	readonly clusterDegrees: readonly number[];
	readonly ranks: readonly number[];
	readonly features: readonly number[];
}

const blocks = ({ n, B, degrees, fewerDegrees, clusterDegrees, ranks, features }: Budgets): GridBlock[] => {
	const point = { n: [n], d: [4], B };
	return [
		{ ...point, algorithm: ["streaming", "linear-attention"] },
		{ ...point, algorithm: ["polynomial/moment"], degree: degrees },
		{ ...point, algorithm: ["polynomial/paper", "polynomial/reverse", "support-basis"], degree: fewerDegrees },
		{ ...point, algorithm: ["clusters"], degree: clusterDegrees },
		{ ...point, algorithm: ranks.map((rank) => `nystrom:rank=${rank}`) },
		{ ...point, algorithm: features.map((count) => `random-features:features=${count}`) },
	];
};

const method = ({ algorithm }: Row) => algorithmLabel(algorithm).split(":")[0];

const budget = ({ degree, rank, algorithm }: Row) =>
	algorithm.startsWith("linear-attention") ? rank : (degree ?? rank ?? 0);

/** Error that is proven, over max |g|; of an exact algorithm its rounding as measured. */
function provenError(row: Row): number | undefined {
	if (isExact(row)) return row.error_rel;
	const { error_bound, bound_kind, extra } = row;
	const largest = extra?.["largest"];
	const isProven = bound_kind === "a-priori" || bound_kind === "a-posteriori";
	return isProven && error_bound !== undefined && typeof largest === "number" ? error_bound / largest : undefined;
}

const isExact = ({ algorithm }: Row) => algorithm === "streaming";

const againstTime = (name: string, error: (row: Row) => number | undefined): Omit<LineFigure, "title" | "y"> => ({
	name,
	x: { title: "time of one gradient (ms)", scale: "log" },
	series: [
		{
			name: method,
			kind: "measured",
			x: ({ time_ms }) => time_ms,
			y: error,
			along: budget,
			label: (row) => (isExact(row) ? undefined : `${budget(row)}`),
		},
	],
	rules: [{ axis: "x", at: (rows) => rows.find(isExact)?.time_ms, label: "exact" }],
	panels: { value: ({ B }) => B, heading: ([row]) => `B = ${row.B}` },
});

/** Error against time at one n, every algorithm (paper.md section 11, figure 3). */
export default defineExperiment({
	name: "pareto",
	title: "Error against time",
	question: "Which algorithm is the fastest for the accuracy that is wanted?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "For small B the certified polynomial is the fastest method at each accuracy.",
			figure: "error-vs-time",
		},
	],
	grid: {
		quick: blocks({
			n: 2048,
			B: [0.5, 1.5],
			degrees: [3, 6, 10],
			fewerDegrees: [6],
			clusterDegrees: [4],
			ranks: [48, 144],
			features: [256],
		}),
		full: blocks({
			n: 8192,
			B: [0.5, 1, 2],
			degrees: [2, 4, 7, 10, 14, 18],
			fewerDegrees: [4, 8],
			clusterDegrees: [4],
			ranks: [32, 96, 288],
			features: [64, 512],
		}),
	},
	effort: { quick: { budget: 100, timeLimit: 5_000 }, full: { budget: 300, timeLimit: 60_000 } },
	measure: measureWithError,
	figures: [
		{
			...againstTime("error-vs-time", ({ error_rel }) => error_rel),
			y: { title: "error, max |g̃ − g| / max |g|", scale: "log" },
			title: ({ rows }) => describeFastest(rows, ({ error_rel }) => error_rel, "within 10⁻⁶ of the gradient"),
			caveat:
				"The number at a point is the degree of a polynomial, otherwise the rank K. Right of the line exact is both faster and " +
				"better. Exact, moment and reverse run on kernels, the others in plain TypeScript, which alone is several times slower.",
		},
		{
			...againstTime("bound-vs-time", provenError),
			y: { title: "proven bound / max |g|", scale: "log" },
			title: ({ rows }) => describeFastest(rows, provenError, "proven within 10⁻⁶ of the gradient"),
			caveat:
				"The number at a point is the degree of a polynomial, otherwise the rank K. Of exact, the rounding as measured. Methods without " +
				"a proof of their error are not here: random features.",
		},
	],
});
