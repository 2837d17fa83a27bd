import {
	countSizes,
	defineExperiment,
	describeExponent,
	type FigureFacts,
	type GridBlock,
	type LineFigure,
	localExponents,
	type Row,
} from "@attgrad/harness";
import { seededRandom } from "@attgrad/matrix-core";
import { overallExponent, regimeBlocks, regimeOf, regimes } from "./regimes.ts";

const powersOfTwo = (from: number, to: number, step = 1) =>
	Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => 2 ** (from + i * step));

/** The one point of the first figure; all of its polynomials prove the same error. */
const fixed = { d: 4, B: 1, epsilon: 1e-6 };
const point = { d: [fixed.d], B: [fixed.B], epsilon: [fixed.epsilon] };

/** Exponents of the sizes. The polynomial method starts higher: below, what it does once for any n is most of its time. */
interface Sizes {
	readonly exact: readonly number[];
	readonly dense: readonly number[];
	readonly paper: readonly number[];
	readonly moment: readonly number[];
	readonly regime: readonly number[];
	/** Where d = log₂ n. */
	readonly wide: readonly number[];
}

const blocks = ({ exact, dense, paper, moment, regime, wide }: Sizes): GridBlock[] => [
	{ ...point, algorithm: ["streaming"], n: exact },
	{ ...point, algorithm: ["dense"], n: dense },
	{ ...point, algorithm: ["polynomial/paper"], n: paper },
	{ ...point, algorithm: ["polynomial/moment", "polynomial/reverse"], n: moment },
	...regimes.flatMap((one, i) =>
		regimeBlocks(one, i === regimes.length - 1 ? wide : regime, ["streaming", "polynomial/moment"]),
	),
];

/** Rows of the first figure, and all that were asked for beside the grid. */
const isFixed = (row: Row) =>
	regimeOf(row) === undefined || (row.algorithm === "streaming" && row.d === fixed.d && row.B === fixed.B);

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

const time: Pick<LineFigure, "x" | "y"> = {
	x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
	y: { title: "time of one gradient (ms)", scale: "log" },
};

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
	grid: {
		quick: blocks({
			exact: powersOfTwo(9, 14),
			dense: powersOfTwo(9, 11),
			paper: powersOfTwo(10, 14),
			moment: powersOfTwo(11, 17),
			regime: powersOfTwo(10, 13, 3),
			wide: powersOfTwo(7, 9, 2),
		}),
		full: blocks({
			exact: powersOfTwo(8, 16),
			dense: powersOfTwo(8, 13),
			paper: powersOfTwo(10, 16),
			moment: powersOfTwo(10, 20),
			regime: powersOfTwo(8, 14, 2),
			wide: powersOfTwo(6, 10, 2),
		}),
	},
	effort: { quick: { budget: 300, timeLimit: 5_000 }, full: { budget: 700, timeLimit: 60_000 } },
	figures: [
		{
			...time,
			name: "time-vs-n",
			title,
			only: isFixed,
			series: [
				{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms, spread: ({ time_mad_ms }) => time_mad_ms },
			],
			guides: [
				{ exponent: 1, label: "~ n" },
				{ exponent: 2, label: "~ n²" },
			],
			fitted: true,
			caveat: "Polynomials prove max |g̃ − g| ≤ ε at every n. d and B are fixed: the favourable case.",
		},
		{
			name: "local-exponent",
			title: describeLargest,
			only: isFixed,
			x: time.x,
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
		{
			...time,
			name: "regimes",
			title: ({ rows }) => {
				const exponents = ["B = 1", "(ln\u00a0n)^¼", "√ln\u00a0n"].flatMap((word, regime) => {
					const exponent = overallExponent(rows, regime, "polynomial/moment");
					return exponent === undefined ? [] : [`${exponent.toFixed(1)} at ${word}`];
				});
				return exponents.length > 0
					? `With d, B and error moving with n the polynomial's exponent is ${exponents.join(", ")}`
					: "Time with d, B and error moving with n";
			},
			only: (row) => regimeOf(row) !== undefined,
			series: [
				{
					kind: "measured",
					x: ({ n }) => n,
					y: ({ time_ms }) => time_ms,
					label: ({ rank }) => (rank === undefined ? undefined : `K ${rank.toLocaleString("en")}`),
				},
			],
			panels: { value: regimeOf, heading: ([row]) => regimes[regimeOf(row!)!]!.name },
			caveat:
				"The error that is proven is ε = 1/n. Where d = log₂ n the polynomial does not pay: its rank K is above n at every n that " +
				"fits a computer. √ln n is the threshold, beyond which no exponent below 2 is to be expected.",
		},
	],
});
