import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { inverseOfLower } from "./balanced-coordinates.ts";
import type { HybridGeometry } from "./geometry.ts";
import type { HybridPivots } from "./hybrid-map.ts";
import type { JointPivots } from "./joint-pivots.ts";

/** Pivots for each feature, where features are principal directions of more pivots; and the most pivots that are drawn for that. */
const PIVOTS = { each: 2, most: 512 };

/** Queries, and as many keys, that the directions are found from. */
const SAMPLE = 1024;

/** Rounds of subspace iteration, and those that order the directions where all of them are features. */
const ROUNDS = { part: 2, all: 2 };

/** A column that is so much shorter than it was before the ones before it were taken away is rounding. */
const DEPENDENT = 1e-12;

/** The pivots that a number of features is made of. */
export const pivotsFor = (rank: number): number => Math.max(rank, Math.min(PIVOTS.each * rank, PIVOTS.most));

/**
 * B of as many features as asked for (or as there are pivots): principal directions of the span of all pivots, for queries and keys together,
 * each in units of what the features leave of them. A span of directions leaves about as much as one of twice as many pivots. O(m² K + K m d).
 */
export async function principalFeatures(
	{ points, firstKey, weights, coordinates, shift, sizes }: HybridGeometry,
	pivots: JointPivots,
	rank: number,
	runtime: Runtime,
): Promise<HybridPivots> {
	const m = pivots.pivots.length;
	const chosen = Matrix.build(m, points.cols, (s, b) => points.at(pivots.pivots[s], b));
	const inverse = inverseOfLower(pivots.factor());
	const made = { coordinates, points: chosen, shift, sizes };
	const product = (A: Matrix, B: Matrix, options = {}) => multiplyOn(runtime, A, B, options);
	const moment = async (from: number, to: number): Promise<Matrix> => {
		const rows = weightedRows(pivots, weights, from, to);
		return product(rows, rows, { transposeA: true });
	};
	const [queries, keys] = [await moment(0, firstKey), await moment(firstKey, points.rows)];
	let T = Matrix.build(m, Math.min(rank, m), (i, k) => (i === k ? 1 : 0));
	const rounds = rank < m ? ROUNDS.part : ROUNDS.all;
	for (let round = 0; round < rounds; round++) {
		const [ofQueries, ofKeys] = [await product(queries, T), await product(keys, T)];
		const [a, b] = [shareOf(queries, T, ofQueries), shareOf(keys, T, ofKeys)];
		const next = Matrix.build(m, T.cols, (i, k) => a * ofQueries.at(i, k) + b * ofKeys.at(i, k));
		T = await orthonormal(next, product);
	}
	return { ...made, inverse: await product(T, inverse, { transposeA: true }) };
}

/** Rows of the pivots' factor times the roots of their weights, of some of the points. */
function weightedRows(pivots: JointPivots, weights: Float64Array, from: number, to: number): Matrix {
	const step = Math.max(1, Math.floor((to - from) / SAMPLE));
	const members = Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
	let most = Number.MIN_VALUE;
	for (const j of members) most = Math.max(most, weights[j]);
	const rows = pivots.rowsOf(members);
	for (let i = 0, at = 0; i < members.length; i++) {
		const weight = Math.sqrt(weights[members[i]] / most);
		for (let k = 0; k < rows.cols; k++) rows.data[at++] *= weight;
	}
	return rows;
}

/** 1 over what of the trace of C the columns of T leave. */
function shareOf(C: Matrix, T: Matrix, CT: Matrix): number {
	let [trace, taken] = [0, 0];
	for (let i = 0; i < C.rows; i++) trace += C.at(i, i);
	for (let at = 0; at < T.data.length; at++) taken += T.data[at] * CT.data[at];
	return 1 / Math.max(trace - taken, 1e-12 * trace, Number.MIN_VALUE);
}

/** Orthonormal columns that span those of a matrix, in order, by Cholesky factors of their products; dependent ones are left out. */
async function orthonormal(
	columns: Matrix,
	product: (A: Matrix, B: Matrix, options?: object) => Promise<Matrix>,
): Promise<Matrix> {
	let T = columns;
	for (let pass = 0; pass < 2; pass++) {
		const gram = await product(T, T, { transposeA: true });
		const { factor, kept } = independentFactor(gram);
		const own = kept.length === T.cols ? T : Matrix.build(T.rows, kept.length, (i, k) => T.at(i, kept[k]));
		T = await product(own, inverseOfLower(factor), { transposeB: true });
	}
	return T;
}

/** The Cholesky factor of the rows and columns of a Gram matrix that are independent of those before them. */
function independentFactor(gram: Matrix): { readonly factor: Matrix; readonly kept: readonly number[] } {
	const K = gram.rows;
	// Transposed: entries that are taken from one after the other lie side by side.
	const { data } = Matrix.zeros(K, K);
	const kept: number[] = [];
	const row = new Float64Array(K);
	for (let i = 0; i < K; i++) {
		const count = kept.length;
		for (let c = 0; c < count; c++) row[c] = gram.at(i, kept[c]);
		let left = gram.at(i, i);
		for (let t = 0; t < count; t++) {
			const at = t * K;
			const entry = (row[t] /= data[at + t]);
			left -= entry * entry;
			for (let c = t + 1; c < count; c++) row[c] -= entry * data[at + c];
		}
		if (!(left > DEPENDENT * gram.at(i, i))) continue;
		for (let t = 0; t < count; t++) data[t * K + count] = row[t];
		data[count * K + count] = Math.sqrt(left);
		kept.push(i);
	}
	return { factor: Matrix.build(kept.length, kept.length, (i, k) => (k <= i ? data[k * K + i] : 0)), kept };
}
