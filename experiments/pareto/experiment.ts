import {
	algorithmLabel,
	type CellContext,
	defineExperiment,
	type GridBlock,
	type LineFigure,
	type Measurement,
	measureCell,
	provedShare,
	type Row,
} from "@attgrad/harness";
import { measureWithError } from "../error-at-size.ts";
import { describeFastest } from "./fastest.ts";
import { describeSampled, isSampled } from "./sampled.ts";

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
	/** Lengths of the proofs by sampled pairs. */
	readonly long: readonly number[];
	readonly longDegrees: readonly number[];
}

const blocks = ({
	n,
	B,
	degrees,
	fewerDegrees,
	clusterDegrees,
	ranks,
	features,
	long,
	longDegrees,
}: Budgets): GridBlock[] => {
	const point = { n: [n], d: [4], B };
	return [
		{ ...point, algorithm: ["streaming", "linear-attention"] },
		{ ...point, algorithm: ["polynomial/moment"], degree: degrees },
		{ ...point, algorithm: ["polynomial/paper", "polynomial/reverse", "support-basis"], degree: fewerDegrees },
		{ ...point, algorithm: ["clusters"], degree: clusterDegrees },
		{ ...point, algorithm: ranks.map((rank) => `nystrom:rank=${rank}`) },
		{ ...point, algorithm: features.map((count) => `random-features:features=${count}`) },
		{
			algorithm: ["polynomial/moment:basis=gauss", "polynomial/moment:basis=gauss,certificate=probabilistic"],
			...{ n: long, d: [LONG.d], B: [1], degree: longDegrees },
		},
	];
};

/** Proofs of long sequences have this width, which no other rows have. */
const LONG = { d: 8 };

const isLong = ({ d }: Row): boolean => d === LONG.d;

/** The error of long sequences is not measured: their exact gradient takes minutes, and it is their bounds that are compared. */
const measure = (context: CellContext): Promise<Measurement> =>
	context.cell.d === LONG.d ? measureCell(context) : measureWithError(context);

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
	only: (row) => !isLong(row),
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
			long: [2 ** 14, 2 ** 16],
			longDegrees: [4, 5],
		}),
		full: blocks({
			n: 8192,
			B: [0.5, 1, 2],
			degrees: [2, 4, 7, 10, 14, 18],
			fewerDegrees: [4, 8],
			clusterDegrees: [4],
			ranks: [32, 96, 288],
			features: [64, 512],
			long: [2 ** 14, 2 ** 16, 2 ** 17, 2 ** 18],
			longDegrees: [4, 5, 6],
		}),
	},
	effort: { quick: { budget: 100, timeLimit: 5_000 }, full: { budget: 300, timeLimit: 60_000 } },
	measure,
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
		{
			name: "sampled-pairs",
			title: ({ rows }) => describeSampled(rows),
			only: isLong,
			x: { title: "time of one gradient (ms)", scale: "log" },
			y: { title: "bound on the error / max |g|", scale: "log" },
			series: [
				{
					name: (row) => (isSampled(row) ? "probabilistic: holds with chance 1 − 10⁻⁹" : "proved: holds always"),
					kind: "measured",
					x: ({ time_ms }) => time_ms,
					y: provedShare,
					along: ({ degree }) => degree,
					label: ({ degree }) => `${degree}`,
				},
			],
			panels: { value: ({ n }) => n, heading: ([row]) => `n = 2^${Math.log2(row.n)}` },
			caveat:
				"The number at a point is the degree. A probabilistic bound is wrong with a chance of at most 10⁻⁹ over coins of its own, whatever " +
				"the problem is; a proved one never is. Both are of polynomials by row, form v2. Where a sampled bound is not the lesser one, the proved one counts. Bounds above the largest entry are not shown.",
		},
	],
});
