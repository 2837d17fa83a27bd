import {
	certifiedLimit,
	certifiedRank,
	type HypercubeFamily,
	spectralLimit,
	spectralRank,
	symmetricEigenvalues,
} from "@attgrad/hardness";
import { defineExperiment, type Figure, type GridBlock, type Measurement, type Row } from "@attgrad/harness";
import { Matrix } from "@attgrad/matrix-core";

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

/** log_n of the rank against B/√ln n, a panel for each n. */
const rank: Figure = {
	name: "rank",
	title: () => "The least rank of an approximate attention matrix is below n only for B well under √log n",
	x: { title: "B / √ln n", scale: "log" },
	y: { title: "log_n of the rank", scale: "linear" },
	panels: { value: (row) => row.d, heading: (rows) => `n = 2^${rows[0].d}` },
	series: [
		{ name: "numerical rank", x: boundRatio, y: (row) => extra(row, "spectral"), kind: "predicted" },
		{ name: "no less is possible", x: boundRatio, y: (row) => extra(row, "certified"), kind: "predicted" },
		{ name: "numerical rank, n → ∞", x: boundRatio, y: (row) => extra(row, "spectralLimit"), kind: "floor" },
		{ name: "counted from the matrix", x: boundRatio, y: (row) => extra(row, "measured"), kind: "measured" },
	],
	regime:
		"Queries and keys {-B, B}^d, n = 2^d · relative error 1/n · closed form, and eigenvalues where the matrix can be formed",
	caveat:
		"The family is the worst case. The numerical rank counts eigenvalues of at least 1/n of the largest; an approximation of every " +
		"entry may need more, since the others count together. " +
		"In the limit the rank is n^o(1) exactly for B = o(√log n), but slowly: no n that fits a computer is near it.",
};

/** The sizes of `glance`: few enough to tell apart. */
const glanced = [10, 20, 100, 1000];

/** All sizes in one panel, for a first look. */
const glance: Figure = {
	name: "threshold",
	title: () => "As B nears √log n, the rank of an approximate attention matrix nears n",
	only: (row) => glanced.includes(row.d),
	x: { title: "B / √ln n: bound of the entries over the threshold", scale: "log" },
	y: { title: "log_n of the rank", scale: "linear" },
	series: [
		{
			name: ({ d }) => `n = 2^${d}`,
			x: boundRatio,
			y: (row) => extra(row, "spectral"),
			kind: "predicted",
		},
		{ name: "n → ∞", x: boundRatio, y: (row) => extra(row, "spectralLimit"), kind: "floor" },
		{ name: "counted from the matrix, n = 2^10", x: boundRatio, y: (row) => extra(row, "measured"), kind: "measured" },
	],
	regime: "Queries and keys {-B, B}^d, n = 2^d · numerical rank at relative error 1/n, in closed form",
	caveat:
		"At log_n of the rank = 1 an approximation needs about n dimensions and is no faster than the exact gradient. " +
		"The rank is n^o(1) for B = o(√log n), but slowly: no n that fits a computer is near the limit.",
};

/** The threshold B = √log n in closed form, with measured ranks where the matrix can be formed. */
export default defineExperiment({
	name: "threshold",
	title: "The threshold in closed form",
	question: "How does the least rank of an approximate attention matrix grow with B, and where is √log n?",
	module: import.meta.url,
	grid: {
		quick: [10, 20, 100, 1000].map((d) => curve(d, kappas.quick)),
		full: [8, 10, 20, 50, 100, 1000].map((d) => curve(d, kappas.full)),
	},
	figures: [glance, rank],
	measure: async ({ cell }) => measure(cell.d, cell.B),
});
