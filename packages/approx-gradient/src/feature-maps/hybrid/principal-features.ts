import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import type { Product } from "../residual-forms.ts";
import { inverseOfLower } from "./balanced-coordinates.ts";
import type { HybridGeometry } from "./geometry.ts";
import type { HybridPivots } from "./hybrid-map.ts";
import type { JointPivots } from "./joint-pivots.ts";

/** Pivots for each feature, where features are principal directions of more pivots; and the most pivots that are drawn for that. */
const PIVOTS = { each: 2, most: 512 };

/** Queries, and as many keys, that the directions are found from. */
const SAMPLE = 1024;

/** Rounds of subspace iteration, and the rank from which on there is more than one: they take as long at every n, and lower the error by a sixth. */
const ROUNDS = { most: 2, from: 128 };

/** Triangular matrices that are inverted in plain TypeScript. */
const SMALL = 40;

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
	const product = (A: Matrix, B: Matrix, options = {}) => multiplyOn(runtime, A, B, options);
	const inverse = await inverseOnKernels(pivots.factor(), product);
	const count = Math.min(rank, m);
	const sideOf = async (from: number, to: number) => {
		const columns = weightedColumns(pivots, weights, from, to);
		return { columns, first: await product(columns, firstRows(columns, count), { transposeB: true }) };
	};
	const sides = [await sideOf(0, firstKey), await sideOf(firstKey, points.rows)];
	let T = Matrix.build(m, count, (i, k) => (i === k ? 1 : 0));
	// Where all directions are features, these are ordered: one round more.
	const rounds = count < m && rank < ROUNDS.from ? 1 : ROUNDS.most;
	for (let round = 0; round < rounds; round++) {
		const next = Matrix.zeros(m, T.cols);
		for (const { columns, first } of sides) {
			// T has the first unit columns before the first round.
			const rest = (of: Matrix) => product(of, columns, { transposeA: true });
			const CT = round === 0 ? first : await product(columns, await rest(T), { transposeB: true });
			const share = shareOf(columns, T, CT);
			for (let at = 0; at < next.data.length; at++) next.data[at] += share * CT.data[at];
		}
		T = await orthonormal(next, product);
	}
	return { coordinates, points: chosen, shift, sizes, inverse: await product(T, inverse, { transposeA: true }) };
}

/** Columns of the pivots' transposed factor times the roots of their weights, of some of the points. */
function weightedColumns({ transposed }: JointPivots, weights: Float64Array, from: number, to: number): Matrix {
	const step = Math.max(1, Math.floor((to - from) / SAMPLE));
	const count = Math.ceil((to - from) / step);
	let most = Number.MIN_VALUE;
	for (let j = from; j < to; j += step) most = Math.max(most, weights[j]);
	const roots = Float64Array.from({ length: count }, (_, i) => Math.sqrt(weights[from + i * step] / most));
	const { rows, cols, data } = transposed;
	const made = Matrix.zeros(rows, count);
	for (let k = 0, to = 0; k < rows; k++)
		for (let i = 0, at = k * cols + from; i < count; i++, at += step) made.data[to++] = roots[i] * data[at];
	return made;
}

/** A view of the first rows. */
const firstRows = ({ cols, data }: Matrix, count: number): Matrix =>
	new Matrix(count, cols, data.subarray(0, count * cols));

/** 1 over what of the trace of C = S Sᵀ the columns of T leave. */
function shareOf(S: Matrix, T: Matrix, CT: Matrix): number {
	let [trace, taken] = [0, 0];
	for (let at = 0; at < S.data.length; at++) trace += S.data[at] * S.data[at];
	for (let at = 0; at < T.data.length; at++) taken += T.data[at] * CT.data[at];
	return 1 / Math.max(trace - taken, 1e-12 * trace, Number.MIN_VALUE);
}

/** L⁻¹ of a lower triangular matrix: [A 0; B C]⁻¹ = [A⁻¹ 0; −C⁻¹ B A⁻¹, C⁻¹], products on kernels. */
async function inverseOnKernels(L: Matrix, product: Product): Promise<Matrix> {
	const K = L.rows;
	if (K <= SMALL) return inverseOfLower(L);
	const half = K >> 1;
	const part = (from: number, to: number, first: number, last: number): Matrix =>
		Matrix.build(to - from, last - first, (i, k) => L.data[(from + i) * K + first + k]);
	const A = await inverseOnKernels(part(0, half, 0, half), product);
	const C = await inverseOnKernels(part(half, K, half, K), product);
	const B = await product(C, await product(part(half, K, 0, half), A));
	const made = Matrix.zeros(K, K);
	for (let i = 0; i < half; i++) made.data.set(A.row(i), i * K);
	for (let i = half; i < K; i++) {
		for (let k = 0; k < half; k++) made.data[i * K + k] = -B.data[(i - half) * half + k];
		made.data.set(C.row(i - half), i * K + half);
	}
	return made;
}

/** Orthonormal columns that span those of a matrix, in order, by Cholesky factors of their products; dependent ones are left out. */
async function orthonormal(columns: Matrix, product: Product): Promise<Matrix> {
	let T = columns;
	for (let pass = 0; pass < 2; pass++) {
		const gram = await product(T, T, { transposeA: true });
		const { factor, kept } = independentFactor(gram);
		const own = kept.length === T.cols ? T : Matrix.build(T.rows, kept.length, (i, k) => T.at(i, kept[k]));
		T = await product(own, await inverseOnKernels(factor, product), { transposeB: true });
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
