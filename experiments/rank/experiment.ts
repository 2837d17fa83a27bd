import { countMonomials, PivotedCholesky, polynomial, polynomialFamilies } from "@attgrad/approx-gradient";
import { hypercubeSpectrum } from "@attgrad/hardness";
import {
	type CellContext,
	cellProblem,
	defineExperiment,
	type GridBlock,
	type LineFigure,
	type Measurement,
	numberText,
	type Row,
} from "@attgrad/harness";
import { Matrix, seededRandom, UsageError } from "@attgrad/matrix-core";
import { nystromRanks, randomFeatureCount, rankWithin, singularValues } from "./numerical-rank.ts";
import { scoreVectors } from "./score-vectors.ts";

/** Relative errors of the attention matrix before normalisation, exp(A1 X A2ᵀ/d) about the keys' mean. */
const deltas = [1e-2, 1e-6];

/**
 * Panels, in their order. No anisotropic set is grown where all monomials of the degree are more than `most`: on a cube it
 * leaves hardly any out.
 */
const families = [
	{ distribution: "uniform", d: 4, name: "uniform entries", most: Infinity },
	{ distribution: "low-rank", d: 8, name: "vectors in 2 of 8 dimensions", most: Infinity },
	{ distribution: "hypercube", d: 8, name: "all of {-B, B}^d", most: 40_000 },
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
	const { most } = families.find(({ distribution }) => distribution === cell.distribution)!;
	for (let degree = start; countMonomials(cell.d, degree) <= most; degree++) {
		const options = polynomial.options.parse({ degree, monomials: "anisotropic" });
		const found = await polynomial.run(problem, options, runtime).catch(tooMany);
		if (!found) return undefined;
		if (found.certificate!.relativeError <= delta) return found.rank;
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

const whole = (value: number) => Math.round(value).toLocaleString("en");

const rankOf = (delta: number, name: string) => (row: Row) =>
	(row.extra?.["ranks"] as Record<string, Record<string, number>> | undefined)?.[delta]?.[name];

/** More random features than this are not drawn: the other curves would be one line. */
const mostFeatures = 1e7;

const shownFeatures = (delta: number) => (row: Row) => {
	const count = rankOf(delta, "features")(row);
	return count !== undefined && count <= mostFeatures ? count : undefined;
};

const figure = (delta: number, file: string, word: string): LineFigure => {
	const series = (name: string, key: string, kind: "measured" | "predicted") => ({
		name,
		kind,
		x: (row: Row) => row.B,
		y: rankOf(delta, key),
	});
	return {
		name: file,
		title: ({ rows }) => {
			const excess = rows.flatMap((row) => {
				const [own, least] = [rankOf(delta, "chebyshev")(row), rankOf(delta, "numerical")(row)];
				return own && least ? [own / least] : [];
			});
			return excess.length > 0
				? `At relative error ${word} the polynomial's rank is ${whole(Math.min(...excess))} to ${whole(Math.max(...excess))} times the numerical rank`
				: `Rank needed for relative error ${word}`;
		},
		x: { title: "entry bound B", scale: "linear" },
		y: { title: "rank of the approximation", scale: "log" },
		series: [
			series("numerical rank (SVD)", "numerical", "measured"),
			series("Nyström", "nystrom", "measured"),
			series("anisotropic monomials", "anisotropic", "predicted"),
			series("Chebyshev C(d + g, g)", "chebyshev", "predicted"),
			...(delta > 1e-3 ? [{ ...series("random features", "features", "predicted"), y: shownFeatures(delta) }] : []),
			series("hypercube, closed form", "closed", "predicted"),
		],
		rules: [
			{ axis: "x", at: ([row]) => row && Math.sqrt(Math.log(row.n)), label: "B = √ln n" },
			{ axis: "y", at: ([row]) => row?.n, label: "n" },
		],
		panels: {
			value: ({ distribution }) => families.findIndex((family) => family.distribution === distribution),
			heading: ([row]) => {
				const { n, d, distribution } = row;
				return `${families.find((family) => family.distribution === distribution)?.name}, n = ${numberText(n)}, d = ${d}`;
			},
		},
		caveat:
			`Measured: ‖Ã − A‖ ≤ ${word} ‖A‖ (Frobenius). Computed: proven for every entry (polynomials), expected (random features; more ` +
			"than 10⁷ are not drawn), closed form. A rank above the line n is no gain, and the polynomial passes it well before √ln n at these " +
			"n. Hidden curves: anisotropic monomials are as many as Chebyshev's, the hypercube's numerical rank is its closed form.",
	};
};

/** Least rank against B, by method (paper.md section 11, figure 4). */
export default defineExperiment({
	name: "rank",
	title: "Rank needed against B",
	question: "How large a rank does each method need at a stated error, next to the least that there is?",
	module: import.meta.url,
	grid: {
		quick: blocks(200, [0.25, 0.5, 1, 1.75, 2.5]),
		full: blocks(400, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3]),
	},
	figures: [figure(1e-6, "rank-needed", "10⁻⁶"), figure(1e-2, "rank-needed-coarse", "1 %")],
	measure,
});
