import {
	countSizes,
	defineExperiment,
	describeExponent,
	describeProved,
	type FigureFacts,
	type GridBlock,
	type LineFigure,
	localExponents,
	type Row,
} from "@attgrad/harness";
import { seededRandom } from "@attgrad/matrix-core";

const powersOfTwo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));

/**
 * The parameters that stay fixed while n grows; all polynomials prove the same error. It is absolute, and a gradient is a sum over n rows:
 * 1e-6 would be below what double precision can prove from n = 2^18 on.
 */
const point = { d: [4], B: [1], epsilon: [1e-4] };

/** Exponents of the sizes. The polynomial method starts higher: below, what it does once for any n is most of its time. */
interface Sizes {
	readonly exact: readonly number[];
	readonly dense: readonly number[];
	readonly paper: readonly number[];
	readonly moment: readonly number[];
}

const blocks = ({ exact, dense, paper, moment }: Sizes): GridBlock[] => [
	{ ...point, algorithm: ["streaming"], n: exact },
	{ ...point, algorithm: ["dense"], n: dense },
	{ ...point, algorithm: ["polynomial/paper"], n: paper },
	{ ...point, algorithm: ["polynomial/moment", "polynomial/reverse"], n: moment },
];

function title({ curves }: FigureFacts): string {
	const exponents = [
		["streaming", "exact"],
		["polynomial/paper", "paper's route"],
		["polynomial/moment", "moment"],
	].flatMap(([name, word]) => {
		const law = curves.find((curve) => curve.name === name)?.law;
		return law ? [`${word} ${describeExponent(law)}`] : [];
	});
	return exponents.length > 0 ? `Exponent of n: ${exponents.join(", ")}` : "Time of one gradient against n";
}

const x: LineFigure["x"] = { title: "sequence length n (tokens)", scale: "powers-of-two" };

/** Exponent around a row's n of the times of its algorithm, with half of the interval's width. */
function localExponent(row: Row, rows: readonly Row[]): { exponent: number; half: number } | undefined {
	const points = rows.flatMap(({ algorithm, n, time_ms }) =>
		algorithm === row.algorithm && time_ms !== undefined ? [{ n, value: time_ms }] : [],
	);
	// With fewer the band would be as wide as the figure.
	if (countSizes(points) < 5) return undefined;
	const local = localExponents(points, seededRandom(1, "figure"), { draws: 400 });
	const here = local.find(({ n }) => Math.abs(Math.log(n / row.n)) < 1e-9);
	if (!here) return undefined;
	const [low, high] = here.interval ?? [here.exponent, here.exponent];
	return { exponent: here.exponent, half: (high - low) / 2 };
}

/** The local exponents around the largest n of exact and moment. */
function describeLargest({ rows }: FigureFacts): string {
	const parts = [
		["streaming", "exact"],
		["polynomial/moment", "moment"],
	].flatMap(([algorithm, word]) => {
		const local = rows
			.filter((row) => row.algorithm === algorithm)
			.sort((a, b) => b.n - a.n)
			.flatMap((row) => localExponent(row, rows) ?? []);
		return local[0] ? [`${word} ${local[0].exponent.toFixed(2)} ± ${local[0].half.toFixed(2)}`] : [];
	});
	return parts.length > 0 ? `Exponent around the largest n: ${parts.join(", ")}` : "Exponent around each n";
}

export default defineExperiment({
	name: "scaling",
	title: "Time of one gradient against n",
	question: "Does the time grow like n² for the exact gradient and like n for the paper's algorithm?",
	module: import.meta.url,
	claims: [
		{ statement: "Lemma 4.1", says: "The exact gradient takes time n².", figure: "time-vs-n" },
		{
			statement: "Theorem 1.6",
			says: "Where B is small the polynomial method computes the gradient in almost linear time, with a proved error.",
			figure: "time-vs-n",
		},
	],
	grid: {
		quick: blocks({
			exact: powersOfTwo(9, 14),
			dense: powersOfTwo(9, 11),
			paper: powersOfTwo(10, 14),
			moment: powersOfTwo(11, 17),
		}),
		full: blocks({
			exact: powersOfTwo(8, 16),
			dense: powersOfTwo(8, 13),
			paper: powersOfTwo(10, 16),
			moment: powersOfTwo(10, 20),
		}),
	},
	effort: { quick: { budget: 300, timeLimit: 5_000 }, full: { budget: 700, timeLimit: 60_000 } },
	figures: [
		{
			name: "time-vs-n",
			title,
			x,
			y: { title: "time of one gradient (ms)", scale: "log" },
			series: [
				{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms, spread: ({ time_mad_ms }) => time_mad_ms },
			],
			guides: [
				{ exponent: 1, label: "~ n" },
				{ exponent: 2, label: "~ n²" },
			],
			fitted: true,
			caveat: (rows) =>
				`Polynomials prove max |g̃ − g| ≤ ε at every n. d and B are fixed: the favourable case. ${describeProved(rows)}`,
		},
		{
			name: "local-exponent",
			title: describeLargest,
			x,
			y: { title: "d log time / d log n", scale: "linear" },
			series: [
				{
					kind: "measured",
					x: ({ n }) => n,
					y: (row, rows) => localExponent(row, rows)?.exponent,
					spread: (row, rows) => localExponent(row, rows)?.half,
				},
			],
			rules: [
				{ axis: "y", at: () => 1, label: "n" },
				{ axis: "y", at: () => 2, label: "n²" },
			],
			caveat: "Each point is the slope through its size and the one on either side, with a 95 % band.",
		},
	],
});
