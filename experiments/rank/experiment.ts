import { countMonomials, PivotedCholesky, polynomial, polynomialFamilies } from "@attgrad/approx-gradient";
import { hypercubeSpectrum } from "@attgrad/hardness";
import {
	type CellContext,
	cellProblem,
	defineExperiment,
	describeRegime,
	type GridBlock,
	type LineFigure,
	type Measurement,
	numberText,
	type Row,
	type Series,
} from "@attgrad/harness";
import { ComputationError, Matrix, present, seededRandom, UsageError } from "@attgrad/matrix-core";
import { nystromRanks, randomFeatureCount, rankWithin, singularValues } from "./numerical-rank.ts";
import { scoreVectors } from "./score-vectors.ts";

/** Relative errors of the attention matrix before normalisation, exp(A1 X A2ᵀ/d) about the keys' mean. */
const deltas = [1e-2, 1e-6];

/**
 * Panels, in their order. No anisotropic set is grown where all monomials of the degree are more than `most`: on a cube it
 * leaves hardly any out.
 */
const families = [
	{ distribution: "uniform", d: 4, name: "uniform", most: Infinity },
	{ distribution: "low-rank", d: 8, name: "2 of 8 dimensions", most: Infinity },
	{ distribution: "hypercube", d: 8, name: "cube {−B, B}ᵈ", most: 40_000 },
] as const;

const blocks = (n: number, B: readonly number[]): GridBlock[] =>
	families.map(({ distribution, d }) => ({
		algorithm: ["dense"],
		distribution: [distribution],
		n: [distribution === "hypercube" ? 2 ** d : n],
		d: [d],
		B,
	}));

/** Chebyshev degree for a relative error δ of every entry, and its rank. */
function polynomialRank(d: number, radius: number, delta: number): { degree: number; rank: number } {
	const degree = polynomialFamilies.chebyshev.degreeFor(radius, delta);
	return { degree, rank: countMonomials(d, degree) };
}

/** Where the set would have too many monomials there is none; another failure is one. */
function tooMany(failure: unknown): undefined {
	if (!(failure instanceof UsageError)) throw failure;
}

/** Rank of the anisotropic set whose certified relative error is at most δ: the first degree's from the Chebyshev one on. */
async function anisotropicRank(
	{ cell, runtime }: CellContext,
	start: number,
	delta: number,
): Promise<number | undefined> {
	const problem = cellProblem(cell);
	const family = families.find(({ distribution }) => distribution === cell.distribution);
	if (!family) throw new ComputationError("skipped", `rank: no family is drawn from ${cell.distribution}`);
	for (let degree = start; countMonomials(cell.d, degree) <= family.most; degree++) {
		const options = polynomial.options.parse({ degree, monomials: "anisotropic" });
		const found = await polynomial.run(problem, options, runtime).catch(tooMany);
		if (!found) return undefined;
		if (present(found.certificate, "the certificate of the polynomial").relativeError <= delta) return found.rank;
	}
	return undefined;
}

/** The singular values of the hypercube's matrix in closed form, relative to the largest. */
function hypercubeValues(d: number, B: number): Float64Array {
	const { relative, log2Multiplicity } = hypercubeSpectrum({ d, B });
	return Float64Array.from(
		relative.flatMap((value, w) => new Array<number>(Math.round(2 ** log2Multiplicity[w])).fill(value)),
	);
}

async function measure(context: CellContext): Promise<Measurement> {
	const { cell } = context;
	const { d, B, seed } = cell;
	const { queries, keys, radius } = scoreVectors(cellProblem(cell));
	const kernel = (x: Matrix, y: Matrix) =>
		Matrix.build(x.rows, y.rows, (j, l) => {
			let score = 0;
			for (let b = 0; b < d; b++) score += x.at(j, b) * y.at(l, b);
			return Math.exp(score);
		});
	const A = kernel(queries, keys);
	const own = kernel(keys, keys);
	const values = singularValues(A);
	const cholesky = new PivotedCholesky(keys, radius, seededRandom(seed, "rank"));
	cholesky.grow(cell.n);
	const nystrom = nystromRanks(A, own, cholesky.pivots, deltas);
	const ranks: Record<string, Record<string, number>> = {};
	for (const [i, delta] of deltas.entries()) {
		const { degree, rank } = polynomialRank(d, radius, delta);
		const anisotropic = await anisotropicRank(context, degree, delta);
		ranks[delta] = {
			numerical: rankWithin(values, delta),
			chebyshev: rank,
			degree,
			...(anisotropic !== undefined && { anisotropic: Math.min(anisotropic, rank) }),
			...(nystrom[i] !== undefined && { nystrom: nystrom[i] }),
			features: Math.ceil(randomFeatureCount(A, queries, keys, delta)),
			...(cell.distribution === "hypercube" && { closed: rankWithin(hypercubeValues(d, B), delta) }),
		};
	}
	return { radius, extra: { ranks } };
}

/** The rank that a row has by one method for the error that it is about. */
const rankOf = (name: string) => (row: Row) =>
	(row.extra?.["ranks"] as Record<string, Record<string, number>> | undefined)?.[Number(row.extra?.["delta"])]?.[name];

const chebyshev = rankOf("chebyshev");

/** More random features than this are not drawn: the other curves would be one line. */
const mostFeatures = 1e7;

/** A row for each error. */
const byError = (row: Row): Row[] => deltas.map((delta) => ({ ...row, extra: { ...row.extra, delta } }));

const errorOf = (row: Row): number => Number(row.extra?.["delta"]);

const errorText = (delta: number): string => (delta < 1e-3 ? numberText(delta) : `${100 * delta} %`);

const familyOf = ({ distribution }: Row): number =>
	families.findIndex((family) => family.distribution === distribution);

const panelOf = (row: Row): string => `${deltas.indexOf(errorOf(row))} ${familyOf(row)}`;

/** Least B of each panel from which on the polynomial's rank is above n. */
function passing(rows: readonly Row[]): number[] {
	return [...Map.groupBy(rows, panelOf).values()].flatMap((panel) => {
		const above = panel.flatMap((row) => ((chebyshev(row) ?? 0) > row.n ? (row.B ?? []) : []));
		return above.length > 0 ? [Math.min(...above)] : [];
	});
}

const series = (name: string, y: Series["y"], kind: Series["kind"]): Series => ({ name, kind, x: ({ B }) => B, y });

/** Rank against B: a column for each kind of data, a line for each error. */
const figure: LineFigure = {
	name: "rank-needed",
	unfold: byError,
	title: ({ rows }) => {
		const from = passing(rows);
		return from.length > 0
			? `The polynomial's rank passes n at B = ${Math.min(...from)} to ${Math.max(...from)}, before √ln n`
			: "Rank needed against B";
	},
	regime: (rows) => describeRegime(rows, ["n", "d"]),
	x: { title: "entry bound B", scale: "linear" },
	y: { title: "rank of the approximation", scale: "log" },
	series: [
		series("numerical rank (SVD)", rankOf("numerical"), "measured"),
		series("Nyström", rankOf("nystrom"), "measured"),
		series("all monomials", chebyshev, "predicted"),
		series(
			"anisotropic monomials",
			(row) => {
				const own = rankOf("anisotropic")(row);
				return own !== undefined && own < (chebyshev(row) ?? 0) / 2 ? own : undefined;
			},
			"predicted",
		),
		series(
			"random features",
			(row) => {
				const count = rankOf("features")(row);
				return count !== undefined && count <= mostFeatures && errorOf(row) > 1e-3 ? count : undefined;
			},
			"predicted",
		),
	],
	rules: [
		{ axis: "x", at: ([row]) => row && Math.sqrt(Math.log(row.n)), label: "√ln n" },
		{ axis: "y", at: ([row]) => row?.n, label: "n" },
	],
	panels: {
		value: panelOf,
		heading: ([row]) => `${families[familyOf(row)]?.name}, ${errorText(errorOf(row))}`,
	},
	caveat: (rows) =>
		`Headings: the data and the relative error. n = ${sizesOf(rows)}, of the cube 256; d = 4 of uniform entries, otherwise 8. Measured: in the Frobenius norm. ` +
		"Computed: proven for each entry (polynomials), expected (random features, where at most 10⁷). " +
		"A rank above the line n is no gain. Monomials are the features of the polynomial method; anisotropic ones are drawn where they are fewer than half.",
};

/** Sizes of the problems that are no cube: `400`. */
const sizesOf = (rows: readonly Row[]): string =>
	[...new Set(rows.filter(({ distribution }) => distribution !== "hypercube").map(({ n }) => n))].join(", ");

/** Least rank against B, by method (paper.md section 11, figure 4). */
export default defineExperiment({
	name: "rank",
	title: "Rank needed against B",
	question: "How large a rank does each method need at a stated error, next to the least that there is?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "The polynomial's rank passes n before B reaches √ln n, on any kind of data; the numerical rank need not.",
			figure: "rank-needed",
		},
	],
	grid: {
		quick: blocks(200, [0.25, 0.5, 1, 1.75, 2.5]),
		full: blocks(400, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3]),
	},
	figures: [figure],
	measure,
});
