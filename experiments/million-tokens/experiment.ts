import {
	defineExperiment,
	describeProved,
	type FigureFacts,
	type GridBlock,
	type LineFigure,
	numberText,
	provedShare,
	type Row,
} from "@attgrad/harness";
import { measureFromFile } from "./measure.ts";

const sizes = [1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 1e8];
const upTo = (most: number) => sizes.filter((n) => n <= most);

const setting = { d: [4], B: [1], threads: [2] };
const point = { ...setting, degree: [6] };

/** The largest size, 12.8 GB on the disk, is for one route alone. */
const blocks = (most: number): GridBlock[] => [
	{ ...point, algorithm: ["polynomial/reverse"], n: upTo(most) },
	{ ...point, algorithm: ["polynomial/moment"], n: upTo(Math.min(most, 1e7)) },
	{ ...setting, algorithm: ["polynomial/moment:basis=gauss"], relative: [1e-2], n: upTo(most) },
	{ ...point, algorithm: ["streaming"], n: upTo(3e4) },
];

const polynomial = ({ rows }: FigureFacts) =>
	rows.filter(({ algorithm, status }) => algorithm.startsWith("polynomial") && status === "done");

/** A number with three digits and a word for its size. */
const words = (x: number): string => (x >= 1e6 ? `${x / 1e6} million` : x.toLocaleString("en"));

/** The row of the largest n that has a time. */
const largestDone = (rows: readonly Row[]): (Row & { time_ms: number }) | undefined =>
	rows
		.flatMap((row) => (row.time_ms === undefined ? [] : [{ ...row, time_ms: row.time_ms }]))
		.reduce<(Row & { time_ms: number }) | undefined>((a, b) => (a && a.n > b.n ? a : b), undefined);

const secondsOf = ({ n, time_ms }: { n: number; time_ms: number }): string =>
	`${words(n)} tokens in ${numberText(Number((time_ms / 1000).toPrecision(2)))} s`;

const curve = (
	name: string,
	title: string,
	y: (row: Row) => number | undefined,
	words: LineFigure["title"],
): LineFigure => ({
	name,
	title: words,
	x: { title: "sequence length n (tokens)", scale: "log" },
	y: { title, scale: "log" },
	series: [{ kind: "measured", x: ({ n }) => n, y }],
	caveat: (rows) =>
		"Rows are read from the file in every pass. Routes without a basis have degree 6 and prove nothing useful at large n; basis gauss " +
		`is asked to prove every entry within a hundredth of the largest. ${describeProved(rows)}`,
});

/** One gradient of ten thousand to a hundred million tokens from a file: what does it take? */
export default defineExperiment({
	name: "million-tokens",
	title: "One gradient of a million tokens and more",
	question: "Do time and memory of a gradient let n grow as far as the disk goes?",
	module: import.meta.url,
	claims: [
		{ statement: "ours", says: "Memory does not grow with n: a gradient is computed from a file.", figure: "memory" },
		{ statement: "ours", says: "A gradient of a hundred million tokens takes less than a minute.", figure: "time" },
		{
			statement: "ours",
			says: "A gradient of ten million tokens is proved within a hundredth of its largest entry in seconds.",
			figure: "certificate",
		},
	],
	grid: { quick: blocks(1e6), full: blocks(1e8) },
	effort: { quick: { budget: 500, timeLimit: 20_000 }, full: { budget: 2_000, timeLimit: 420_000 } },
	figures: [
		{
			...curve(
				"time",
				"time of one gradient (s)",
				({ time_ms }) => (time_ms === undefined ? undefined : time_ms / 1000),
				(facts) => {
					const rows = polynomial(facts);
					const proved = largestDone(rows.filter(({ algorithm }) => algorithm.includes("basis=gauss")));
					const fixed = largestDone(rows.filter(({ algorithm }) => algorithm === "polynomial/reverse"));
					const told = [
						...(proved ? [`${secondsOf(proved)} with every entry proved within a hundredth of the largest`] : []),
						...(fixed ? [`${secondsOf(fixed)} at the fixed degree 6`] : []),
					];
					return told.length === 0 ? "Time of one gradient" : `One gradient: ${told.join(", ")}`;
				},
			),
			fitted: true,
			guides: [
				{ exponent: 1, label: "~ n" },
				{ exponent: 2, label: "~ n²" },
			],
		},
		{
			...curve(
				"memory",
				"largest memory of the process (MiB)",
				({ peak_rss_mb }) => peak_rss_mb,
				(facts) => {
					const memoryOf = (isProved: boolean) =>
						polynomial(facts).flatMap(({ relative, peak_rss_mb }) =>
							(relative !== undefined) === isProved ? (peak_rss_mb ?? []) : [],
						);
					const [fixed, proved] = [memoryOf(false), memoryOf(true)];
					if (fixed.length === 0) return "Memory of one gradient";
					const range = `From ${Math.round(Math.min(...fixed))} to ${Math.round(Math.max(...fixed))} MiB at a fixed degree, whatever n is`;
					return proved.length === 0 ? range : `${range}; up to ${Math.round(Math.max(...proved))} MiB with a proof`;
				},
			),
			y: { title: "largest memory of the process (MiB)", scale: "linear", from: 0 },
		},
		{
			...curve("certificate", "proved error / max |g|", provedShare, ({ rows }) =>
				rows.some(({ algorithm, status }) => algorithm.includes("basis=gauss") && status === "done")
					? "Polynomials by row prove a hundredth at every length, a fixed degree nothing of long sequences"
					: "At a fixed degree the proved error grows with n, faster than the gradient",
			),
			series: [{ kind: "predicted", x: ({ n }) => n, y: provedShare }],
			rules: [{ axis: "y", at: () => 1, label: "the gradient itself" }],
			caveat:
				"Routes without a basis have degree 6, whose bound is on a sum over n rows: above 1 it says nothing. Basis gauss is asked for a " +
				"relative error of 0.01, and takes the degree that proves it.",
		},
	],
	measure: measureFromFile,
	// Writing takes some 1.2 µs a token, an approximate gradient on two threads up to 1, the exact one 10 ns a pair.
	estimate({ n, algorithm }, { budget }) {
		const run = algorithm === "streaming" ? 1e-5 * n * n : 1e-3 * n;
		return 1.2e-3 * n + (run > budget ? run : 3 * run);
	},
});
