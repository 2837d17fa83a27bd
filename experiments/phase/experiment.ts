import { predictTime } from "@attgrad/approx-gradient";
import { certifiedLimit, spectralLimit } from "@attgrad/hardness";
import {
	type CellContext,
	defineExperiment,
	type GridBlock,
	type HeatCell,
	type HeatMapFigure,
	type Measurement,
	measureCell,
	type Row,
} from "@attgrad/harness";
import { ComputationError } from "@attgrad/matrix-core";
import { describePhase, speedUp } from "./speed-up.ts";

/** The error bound that the polynomial must prove, max |g̃ − g|. */
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
		const time = predictTime(context.cell);
		if (time !== undefined && time > longest)
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

/** The tables of the closed form, each a panel. */
const tables = { spectral: "numerical rank", certified: "least rank of any approximation" } as const;

/** The rectangles of a row that is about one table of the closed form: κ across, c upwards. */
function limits({ extra }: Row): HeatCell[] {
	const table = extra?.[String(extra["table"])] as readonly (readonly number[])[] | undefined;
	return (table ?? []).flatMap((line, i) => line.map((value, j) => ({ x: kappas[j], y: powers[i], value })));
}

const rounded = (value: number) => String(Number(value.toPrecision(2)));

/** The tables of the closed form side by side. */
const limitFigure: HeatMapFigure = {
	form: "heat-map",
	name: "limit",
	title: () => "In the limit the rank is nᵒ⁽¹⁾ only as B²/log n → 0, whatever is approximated",
	only: isClosedForm,
	unfold: (row) => Object.keys(tables).map((table) => ({ ...row, extra: { ...row.extra, table } })),
	regime: "Closed form, n → ∞: Q = K = {−B, B}ᵈ, n = 2ᵈ, κ = B²/log₂ n",
	panels: {
		value: ({ extra }) => Object.keys(tables).indexOf(String(extra?.["table"])),
		heading: ([row]) => tables[row.extra?.["table"] as keyof typeof tables],
	},
	x: { title: "κ = B² / log₂ n", scale: "log" },
	y: { title: "c, for a relative error n⁻ᶜ of each entry", scale: "log" },
	cells: limits,
	colour: { title: "log rank / log n in the limit", kind: "sequential", scale: "linear" },
	text: (value) => value.toFixed(2),
	caveat:
		"Both tend to 0 with κ, which is B = o(√log n), at every c: this is the paper's threshold. It is slow: at κ = 10⁻⁶ and c = 1 log rank / log n " +
		`is still ${spectralLimit(1e-6, 1).toFixed(2)} and ${certifiedLimit(1e-6, 1).toFixed(2)}.`,
};

/** Phase diagrams: the (n, B) plane, and (κ, c) in closed form (paper.md section 11, figure 6). */
export default defineExperiment({
	name: "phase",
	title: "Where the polynomial pays",
	question:
		"At which n and B is the certified polynomial faster than the exact gradient, and what has √ln n to do with it?",
	module: import.meta.url,
	claims: [
		{
			statement: "Theorem 1.6",
			says: "In the limit the rank is nᵒ⁽¹⁾ for B = o(√log n) and only then.",
			figure: "limit",
		},
		{
			statement: "ours",
			says: "At sizes that fit a computer the width d decides as much as B where the polynomial pays.",
			figure: "speed-up",
		},
	],
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
		limitFigure,
	],
});
