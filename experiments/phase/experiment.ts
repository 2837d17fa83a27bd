import { predictTime } from "@attgrad/approx-gradient";
import { certifiedLimit, spectralLimit } from "@attgrad/hardness";
import {
	type CellContext,
	defineExperiment,
	type GridBlock,
	type HeatCell,
	type Measurement,
	measureCell,
	type Row,
} from "@attgrad/harness";
import { ComputationError } from "@attgrad/matrix-core";
import { describePhase, speedUp } from "./speed-up.ts";

/** What the polynomial must prove, max |g̃ − g|. */
const epsilon = 1e-6;

/** Cells that would take longer by the cost model are skipped, milliseconds. */
const longest = 5_000;

interface Plane {
	readonly exponents: readonly number[];
	readonly d: readonly number[];
	readonly B: readonly number[];
}

/** Marks the one cell whose row is the closed form; its sizes mean nothing. */
const closedForm = "closed form";

const blocks = ({ exponents, d, B }: Plane): GridBlock[] => {
	const n = exponents.map((exponent) => 2 ** exponent);
	return [
		// The time of the exact gradient does not depend on B.
		{ algorithm: ["streaming"], n, d, B: [1] },
		{ algorithm: ["polynomial/moment"], n, d, B, epsilon: [epsilon] },
		{ algorithm: ["streaming"], distribution: [closedForm], n: [2], d: [1], B: [1] },
	];
};

const isClosedForm = ({ distribution }: Pick<Row, "distribution">) => distribution === closedForm;

const kappas = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1];
const powers = [0.25, 0.5, 1, 2, 4];

/** A closed form needs no data: its row holds the limit for each κ and c. */
async function measure(context: CellContext): Promise<Measurement> {
	if (!isClosedForm(context.cell)) {
		const time = predictTime(context.cell) ?? 0;
		if (time > longest)
			throw new ComputationError(
				"skipped",
				`phase: would take about ${Math.round(time / 1000)} s, more than ${longest / 1000} s`,
			);
		return measureCell(context);
	}
	const table = (limit: (kappa: number, c: number) => number) =>
		powers.map((c) => kappas.map((kappa) => Number(limit(kappa, c).toPrecision(6))));
	return { extra: { kappas, powers, spectral: table(spectralLimit), certified: table(certifiedLimit) } };
}

/** The rectangles of a table in a row of the closed form: κ across, c upwards. */
function limits({ extra }: Row, name: "spectral" | "certified"): HeatCell[] {
	const table = extra?.[name] as readonly (readonly number[])[] | undefined;
	return (table ?? []).flatMap((line, i) => line.map((value, j) => ({ x: kappas[j], y: powers[i], value })));
}

const rounded = (value: number) => String(Number(value.toPrecision(2)));

const limitFigure = (
	name: "spectral" | "certified",
	words: {
		readonly file: string;
		readonly title: string;
		readonly colour: string;
		readonly limit: typeof spectralLimit;
	},
) => ({
	form: "heat-map" as const,
	name: words.file,
	title: () => words.title,
	only: isClosedForm,
	regime: "Closed form, n → ∞: Q = K = {-B, B}^d, n = 2^d, κ = B²/log₂ n",
	x: { title: "κ = B² / log₂ n", scale: "log" as const },
	y: { title: "c: relative error n^(−c) of every entry", scale: "log" as const },
	cells: (row: Row) => limits(row, name),
	colour: { title: words.colour, kind: "sequential" as const, scale: "linear" as const },
	text: (value: number) => value.toFixed(2),
	caveat:
		"It tends to 0 with κ, which is B = o(√log n), at every c: this is the paper's threshold. It is slow: at κ = 10⁻⁶ the rank is " +
		`still n^${words.limit(1e-6, 1).toFixed(2)} for c = 1.`,
});

/** Phase diagrams: the (n, B) plane, and (κ, c) in closed form (paper.md section 11, figure 6). */
export default defineExperiment({
	name: "phase",
	title: "Where the polynomial pays",
	question:
		"At which n and B is the certified polynomial faster than the exact gradient, and what has √ln n to do with it?",
	module: import.meta.url,
	grid: {
		quick: blocks({ exponents: [9, 11, 13], d: [2, 4], B: [0.5, 1, 2, 3] }),
		full: blocks({ exponents: [9, 11, 13, 15], d: [2, 4, 8], B: [0.5, 1, 1.5, 2, 2.5, 3] }),
	},
	effort: { quick: { budget: 150, timeLimit: 3_000 }, full: { budget: 300, timeLimit: 10_000 } },
	measure,
	figures: [
		{
			form: "heat-map",
			name: "speed-up",
			title: ({ rows }) => describePhase(rows),
			only: (row) => !isClosedForm(row),
			x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
			y: { title: "entry bound B", scale: "linear" },
			cells: (row, rows) =>
				row.algorithm === "polynomial/moment" && row.B !== undefined
					? [{ x: row.n, y: row.B, value: speedUp(row, rows) }]
					: [],
			colour: { title: "time of exact / time of polynomial/moment", kind: "diverging", scale: "log" },
			text: rounded,
			overlays: [{ label: "B = √ln n", y: (n) => Math.sqrt(Math.log(n)) }],
			panels: { value: ({ d }) => d, heading: ([row]) => `d = ${row.d}` },
			caveat:
				"Blue: the polynomial, proven to ε, is faster; orange: exact is. The curve is where the theorem puts the limit as n → ∞, up " +
				"to o(1); at these n the width d decides as much as B.",
		},
		limitFigure("spectral", {
			file: "limit-spectral",
			title: "The numerical rank of attention in the limit is n^o(1) only as B²/log n → 0",
			colour: "log_n of the numerical rank",
			limit: spectralLimit,
		}),
		limitFigure("certified", {
			file: "limit-certified",
			title: "No approximation of each entry has a smaller rank: the bound in the limit",
			colour: "log_n of the least rank possible",
			limit: certifiedLimit,
		}),
	],
});
