import { certifiedLimit, certifiedRank, type HypercubeFamily, spectralLimit, spectralRank } from "@attgrad/hardness";
import {
	defineExperiment,
	type Figure,
	type GridBlock,
	type LineFigure,
	type Measurement,
	power,
	type Row,
} from "@attgrad/harness";
import { Matrix, symmetricEigenvalues } from "@attgrad/matrix-core";

/** κ = B²/log2 n of the points of a curve. */
const kappas = {
	quick: [1e-5, 1e-3, 0.01, 0.05, 0.2, 1],
	full: [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 2],
};

/** The matrix of n = 2^d rows is formed and its eigenvalues are computed up to this d. */
const largestFormed = 10;

/** One block a d: B follows from κ. */
const curve = (d: number, values: readonly number[]): GridBlock => ({
	algorithm: ["dense"],
	distribution: ["hypercube"],
	n: [2 ** d],
	d: [d],
	B: values.map((kappa) => Number(Math.sqrt(kappa * d).toPrecision(3))),
});

/**
 * Number of eigenvalues of the formed exp(Q Kᵀ/d) that are at least δ times the largest. The matrix is divided by its
 * largest row sum, e^(B²) in scale, so that nothing overflows.
 */
function measuredRank({ d, B }: HypercubeFamily, logInverseDelta: number): number {
	const t = (B * B) / d;
	const differing = (i: number, j: number) => {
		let count = 0;
		for (let bits = i ^ j; bits > 0; bits &= bits - 1) count++;
		return count;
	};
	const values = symmetricEigenvalues(Matrix.build(2 ** d, 2 ** d, (i, j) => Math.exp(-2 * t * differing(i, j))));
	return values.filter((value) => value >= Math.exp(-logInverseDelta) * values[0]).length;
}

function measure(d: number, B: number): Measurement {
	const family = { d, B };
	const logInverseDelta = d * Math.LN2;
	const kappa = (B * B) / d;
	const certified = certifiedRank(family, logInverseDelta);
	const measured = d <= largestFormed ? measuredRank(family, logInverseDelta) : undefined;
	return {
		...(measured !== undefined && { rank: measured }),
		extra: {
			kappa,
			log2n: d,
			spectral: spectralRank(family, logInverseDelta) / d,
			certified: Number.isFinite(certified) ? certified / d : null,
			spectralLimit: spectralLimit(kappa, 1),
			certifiedLimit: certifiedLimit(kappa, 1),
			...(measured !== undefined && { measured: Math.log2(measured) / d }),
		},
	};
}

function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" ? value : undefined;
}

/** B/√ln n. */
const boundRatio = (row: Row) => {
	const kappa = extra(row, "kappa");
	return kappa === undefined ? undefined : Math.sqrt(kappa / Math.LN2);
};

/** Where the rank is n, and where the paper's threshold is. */
const limits: LineFigure["rules"] = [
	{ axis: "y", at: () => 1, label: "rank = n" },
	{ axis: "x", at: () => 1, label: "B = √ln n" },
];

/** The name of a series tells what is drawn once: eigenvalues of the matrix lie on the closed form of their n. */
const counted = "counted from the matrix";

/** log rank / log n against B/√ln n, a panel for each n. */
const rank: Figure = {
	name: "rank",
	title: () => "At every n the least rank of an approximation is below n only for B well under √ln n",
	x: { title: "B / √ln n", scale: "log" },
	y: { title: "log rank / log n", scale: "linear" },
	panels: { value: (row) => row.d, heading: (rows) => `n = ${power(2, rows[0].d)}` },
	series: [
		{ name: counted, x: boundRatio, y: (row) => extra(row, "measured"), kind: "measured" },
		{ name: "numerical rank", x: boundRatio, y: (row) => extra(row, "spectral"), kind: "predicted", marked: false },
		{ name: "least possible", x: boundRatio, y: (row) => extra(row, "certified"), kind: "predicted", marked: false },
		{ name: "numerical rank, n → ∞", x: boundRatio, y: (row) => extra(row, "spectralLimit"), kind: "floor" },
	],
	rules: [{ axis: "x", at: () => 1, label: "√ln n" }],
	regime:
		"Queries and keys {−B, B}ᵈ, n = 2ᵈ · relative error 1/n · closed form, and eigenvalues where the matrix can be formed",
	caveat:
		"The family is the worst case. The numerical rank counts eigenvalues of at least 1/n of the largest; an approximation of every " +
		"entry may need more, since the others count together. " +
		"In the limit the rank is nᵒ⁽¹⁾ exactly for B = o(√log n), but slowly: no n that fits a computer is near it.",
};

/** The sizes of `glance`: few enough to tell apart. */
const glanced = [10, 20, 100, 1000];

/** All sizes in one panel, for a first look. */
const glance: Figure = {
	name: "threshold",
	title: () => "As B nears √ln n, the rank of an approximate attention matrix nears n",
	only: (row) => glanced.includes(row.d),
	x: { title: "B / √ln n: bound of the entries over the threshold", scale: "log" },
	y: { title: "log rank / log n", scale: "linear" },
	series: [
		{ name: `${counted}: n = ${power(2, 10)}`, x: boundRatio, y: (row) => extra(row, "measured"), kind: "measured" },
		{
			name: ({ d }) => `n = ${power(2, d)}`,
			x: boundRatio,
			y: (row) => extra(row, "spectral"),
			kind: "predicted",
			marked: false,
		},
		{ name: "n → ∞", x: boundRatio, y: (row) => extra(row, "spectralLimit"), kind: "floor" },
	],
	rules: limits,
	regime: "Queries and keys {−B, B}ᵈ, n = 2ᵈ: the worst case · numerical rank at relative error 1/n, in closed form",
	caveat:
		"Where the rank is n an approximation is no faster than the exact gradient. Eigenvalues come in groups, and the rank takes in whole " +
		"groups: at small n it rises in few large steps, so that curves cross. The rank is nᵒ⁽¹⁾ for B = o(√log n), but slowly: no n that fits a " +
		"computer is near the limit.",
};

/** The threshold B = √log n in closed form, with measured ranks where the matrix can be formed. */
export default defineExperiment({
	name: "threshold",
	title: "The threshold in closed form",
	question: "How does the least rank of an approximate attention matrix grow with B, and where is √log n?",
	module: import.meta.url,
	claims: [
		{
			statement: "Theorem 1.5",
			says: "As B nears √log n, the rank of an approximate attention matrix nears n: no low rank is left.",
			figure: "threshold",
		},
	],
	grid: {
		quick: [10, 20, 100, 1000].map((d) => curve(d, kappas.quick)),
		full: [8, 10, 20, 50, 100, 1000].map((d) => curve(d, kappas.full)),
	},
	figures: [glance, rank],
	measure: async ({ cell }) => measure(cell.d, cell.B),
});
