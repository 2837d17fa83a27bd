import {
	frobeniusNorm,
	Matrix,
	multiplyOn,
	type Random,
	type Runtime,
	seededRandom,
	singularValues,
	symmetricEigenvalues,
} from "@attgrad/matrix-core";
import type { HeadRows } from "./head.ts";
import { approximateHead, type HeadApproximation, type HeadProofs, type ProvenError } from "./head-approximation.ts";
import { leastRank, type RankEvidence } from "./least-rank.ts";
import { measuredErrors, polynomialErrors, type RankError } from "./measured-error.ts";
import { partOf, type SoftmaxPart, softmaxPart } from "./softmax-matrix.ts";

/** Relative errors in the Frobenius norm that ranks are told for. */
export const relativeErrors = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/** Up to this many queries and keys the whole matrix is formed, to measure the error of approximations. */
const FORMED = 2048;

/** Up to this many entries ‖F‖_F is summed; beyond it is bounded by an approximation's. */
const SUMMED = 2 ** 24;

/** The highest rank of an approximation. */
const HIGHEST = 512;

/** Ranks at which errors are proven and measured, each 2^(1/2) of the one before. */
const ladder = (highest: number): number[] => {
	const ranks: number[] = [];
	for (let i = 6; ; i++) {
		const rank = Math.round(2 ** (i / 2));
		if (rank >= highest) return [...ranks, highest];
		ranks.push(rank);
	}
};

/** The ranks of one relative error. */
export interface RanksAt {
	readonly delta: number;
	/** No approximation of a smaller rank is within δ. */
	readonly least: number;
	/** Ranks at which methods are proven to be within δ by bounds that grow like n; null where none of the tried ranks is. */
	readonly proven: { readonly hybrid: number | null; readonly nystrom: number | null };
	/** Ranks at which methods are within δ when it is measured; null where none of the tried is; absent where the matrix is not formed. */
	readonly achieved?: {
		readonly hybrid: number | null;
		readonly nystrom: number | null;
		readonly polynomial: number | null;
	};
}

/** The ranks of a head's softmax matrix, from below and from above. */
export interface HeadSpectrum {
	readonly ranks: readonly RanksAt[];
	/** Rows and columns of the submatrix whose singular values bound the rank from below. */
	readonly submatrix: number;
	/** Entropy of rows, in nats: of the rows of the submatrix. */
	readonly entropies: Float64Array;
	/** Approximations that are proven to be within epsilon. */
	readonly certified: readonly (Omit<ProvenError, "error"> & { readonly method: "hybrid" | "nystrom" })[];
	/** The relative errors that the methods prove at each rank tried, for figures. */
	readonly curves: readonly RankCurve[];
}

/** Relative errors of a method at ranks. */
export interface RankCurve {
	readonly method: "hybrid" | "nystrom" | "polynomial" | "least";
	readonly kind: "proven" | "measured";
	readonly points: readonly { readonly rank: number; readonly error: number }[];
}

/** Finds the ranks. */
export async function headSpectrum(
	head: HeadRows,
	{ submatrix, seed, epsilon }: { readonly submatrix: number; readonly seed: number; readonly epsilon: number },
	runtime: Runtime,
): Promise<HeadSpectrum> {
	const [n_q, n_k] = [head.Q.rows, head.K.rows];
	const all = (n: number) => Array.from({ length: n }, (_, i) => i);
	const random = seededRandom(seed, "locate");
	const m = Math.min(submatrix, n_q, n_k);
	const [rows, columns] = [someOf(n_q, m, random), someOf(n_k, m, random)];
	const whole = n_q <= FORMED && n_k <= FORMED ? await softmaxPart(head, all(n_q), all(n_k), runtime) : undefined;
	const part = whole ? partOf(whole, rows, columns) : await softmaxPart(head, rows, columns, runtime);
	const highest = Math.min(HIGHEST, n_q, n_k);
	const options = { rank: highest, seed } as const;
	const hybrid = await approximateHead(head, { ...options, method: "hybrid" }, runtime);
	const nystrom = await approximateHead(head, { ...options, method: "nystrom" }, runtime);
	const proofs = [await provenOf(hybrid), await provenOf(nystrom)];
	const measured = whole && [
		await measuredErrors(whole.entries, hybrid, ladder(hybrid.rank), runtime),
		await measuredErrors(whole.entries, nystrom, ladder(nystrom.rank), runtime),
		await polynomialErrors(whole.entries, head, n_k, runtime),
	];
	const last = {
		error: proofs[0].errors.at(-1)?.error ?? Number.POSITIVE_INFINITY,
		norm: proofs[0].norm ?? [0, Infinity],
	};
	const [low, high] =
		n_q * n_k <= SUMMED ? normOf(whole ?? (await softmaxPart(head, all(n_q), [], runtime))) : [0, Infinity];
	const norm = Math.min(high, (last.error + last.norm[1]) * (1 + 1e-9));
	const submatrixEvidence = evidenceOf(part.entries, part.rounding, norm);
	// The approximation's own singular values; its error is what is proven of it, or measured where that is smaller.
	const off = measured?.[0].at(-1)?.error ?? Number.POSITIVE_INFINITY;
	const known = Math.min(last.error, off * (1 + 1e-6) + (1e-11 + part.rounding * (1 + 1e-9)) * norm);
	const evidence = [submatrixEvidence, await approximationEvidence(hybrid, known, norm, runtime)];
	const floor = Math.max(low, last.norm[0] - last.error);
	const rankOf = (points: readonly RankError[], delta: number): number | null =>
		points.find(({ error }) => error <= delta * floor)?.rank ?? null;
	return {
		submatrix: m,
		entropies: part.entropies,
		ranks: [...new Set([...relativeErrors, epsilon])]
			.sort((a, b) => b - a)
			.map((delta) => ({
				delta,
				least: Math.max(...evidence.map((one) => (Number.isFinite(one.error) ? leastRank(one, delta) : 0))),
				proven: { hybrid: rankOf(proofs[0].errors, delta), nystrom: rankOf(proofs[1].errors, delta) },
				...(measured && {
					achieved: {
						hybrid: rankOf(measured[0], delta),
						nystrom: rankOf(measured[1], delta),
						polynomial: rankOf(measured[2], delta),
					},
				}),
			})),
		certified: (["hybrid", "nystrom"] as const).flatMap((method, i) =>
			proofs[i].errors
				.filter(({ error }) => error <= epsilon * floor)
				.map(({ rank, features }) => ({ method, rank, features })),
		),
		curves: [
			...(["hybrid", "nystrom"] as const).map(
				(method, i): RankCurve => ({ method, kind: "proven", points: relative(leastErrors(proofs[i].errors), floor) }),
			),
			...(["hybrid", "nystrom", "polynomial"] as const).flatMap((method, i): RankCurve[] =>
				measured ? [{ method, kind: "measured", points: relative(measured[i], floor) }] : [],
			),
		],
	};
}

const relative = (points: readonly RankError[], norm: number) =>
	points.map(({ rank, error }) => ({ rank, error: error / norm })).filter(({ error }) => Number.isFinite(error));

async function provenOf(approximation: HeadApproximation): Promise<HeadProofs> {
	// Nyström's proof solves a triangular system for each row: every other rank is enough.
	const ranks = ladder(approximation.rank).filter(
		(_, i, { length }) => approximation.method === "hybrid" || (length - i) % 2 === 1,
	);
	return approximation.proofs(ranks);
}

/** The smallest error of each rank. */
function leastErrors(errors: readonly ProvenError[]): RankError[] {
	const least = new Map<number, number>();
	for (const { rank, error } of errors) least.set(rank, Math.min(error, least.get(rank) ?? Number.POSITIVE_INFINITY));
	return Array.from(least, ([rank, error]) => ({ rank, error }));
}

/** Singular values of a submatrix, with the rounding of its entries and of themselves. */
function evidenceOf(S: Matrix, rounding: number, norm: number): RankEvidence {
	const { values, error } = singularValues(S);
	return { values, error: error + rounding * frobeniusNorm(S) * (1 + 1e-9), norm };
}

/** Singular values of ΦΨᵀ over its normalisers, from the Gram matrices of both factors: right to 10⁻⁵ of the norm. */
async function approximationEvidence(
	{ queries, keys, rank }: HeadApproximation,
	error: number,
	norm: number,
	runtime: Runtime,
): Promise<RankEvidence> {
	const sums = new Float64Array(rank);
	for (let l = 0, at = 0; l < keys.rows; l++) for (let m = 0; m < rank; m++) sums[m] += keys.data[at++];
	const scaled = Matrix.zeros(queries.rows, rank);
	for (let j = 0; j < queries.rows; j++) {
		const [from, to] = [queries.row(j), scaled.row(j)];
		let D = 0;
		for (let m = 0; m < rank; m++) D += from[m] * sums[m];
		for (let m = 0; m < rank; m++) to[m] = from[m] / D;
	}
	const ofQueries = await multiplyOn(runtime, scaled, scaled, { transposeA: true });
	const ofKeys = await multiplyOn(runtime, keys, keys, { transposeA: true });
	// With G_Φ = L Lᵀ the squares are the eigenvalues of Lᵀ G_Ψ L.
	const L = choleskyOf(ofKeys);
	const inner = await multiplyOn(runtime, await multiplyOn(runtime, L, ofQueries, { transposeA: true }), L);
	const symmetric = Matrix.build(rank, rank, (i, j) => (inner.at(i, j) + inner.at(j, i)) / 2);
	const squares = symmetricEigenvalues(symmetric);
	// Each square is off by a multiple of rank · u ‖F̃‖² by rounding of Gram matrices, factor, products and eigenvalues; all of them together by
	const off =
		64 * rank * rank * (queries.rows + keys.rows) ** 0.5 * 2 ** -53 * squares.reduce((sum, x) => sum + Math.abs(x), 0);
	return { values: squares.map((x) => Math.sqrt(Math.max(0, x))), error: error + Math.sqrt(off), norm };
}

/** The factor of a Gram matrix; columns whose pivots are rounding are left at zero. */
function choleskyOf(G: Matrix): Matrix {
	const K = G.rows;
	const L = Matrix.zeros(K, K);
	let most = 0;
	for (let i = 0; i < K; i++) most = Math.max(most, G.at(i, i));
	for (let i = 0; i < K; i++) {
		const own = L.row(i);
		for (let j = 0; j <= i; j++) {
			const other = L.row(j);
			let sum = G.at(i, j);
			for (let k = 0; k < j; k++) sum -= own[k] * other[k];
			if (i === j) own[j] = sum > 1e-15 * most ? Math.sqrt(sum) : 0;
			else own[j] = other[j] > 0 ? sum / other[j] : 0;
		}
	}
	return L;
}

/** At most and at least ‖F‖_F, from all rows. */
function normOf({ squares, rounding }: SoftmaxPart): readonly [number, number] {
	const [size, off] = [Math.sqrt(squares.reduce((sum, x) => sum + x, 0)), rounding + 1e-12];
	return [off < 1 ? size * (1 - off) : 0, Number.isFinite(off) ? size * (1 + off) : Infinity];
}

/** So many different indices below n, in order. */
function someOf(n: number, count: number, random: Random): number[] {
	const all = Array.from({ length: n }, (_, i) => i);
	for (let i = 0; i < count; i++) {
		const j = random.integer(i, n - 1);
		[all[i], all[j]] = [all[j], all[i]];
	}
	return all.slice(0, count).sort((a, b) => a - b);
}
