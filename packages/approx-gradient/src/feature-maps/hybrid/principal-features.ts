import {
	Matrix,
	matrixOf,
	type Numbers,
	type PlacedMatrices,
	type PlacedMatrix,
	type Runtime,
	withMatrices,
} from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";
import { inverseOfLower } from "./balanced-coordinates.ts";
import type { HybridGeometry } from "./geometry.ts";
import type { HybridPivots } from "./hybrid-pivots.ts";
import { kernelsOf } from "./hybrid-side.ts";
import { type JointPivots, rounded } from "./joint-pivots.ts";

/**
 * Pivots for each feature, where features are principal directions of more pivots: where an accuracy is to be proved, and where none is, at 8 % larger errors
 * for an eighth less time of features; and the most of them: a part of the rows, within limits.
 */
const PIVOTS = { each: { proved: 2, fixed: 1.75 }, most: { least: 512, ofRows: 1 / 32, most: 1024 } };

/** Queries, and as many keys, that the directions are found from. */
const SAMPLE = 1024;

/** Rows of a triangular matrix that are solved for in plain TypeScript. */
const SMALL = 32;

/** A column that is so much shorter than it was before the ones before it were taken away is rounding. */
const DEPENDENT = 1e-12;

/**
 * The pivots that a number of features is made of.
 * @param rows of a side: finding pivots takes as long for few rows as for many
 * @param purpose whether the rank is fixed, or serves to prove an accuracy
 */
export function pivotsFor(rank: number, rows: number, purpose: keyof typeof PIVOTS.each): number {
	const { least, ofRows, most } = PIVOTS.most;
	const wanted = Math.ceil(PIVOTS.each[purpose] * rank);
	return Math.max(rank, Math.min(wanted, Math.max(least, Math.min(most, Math.floor(ofRows * rows)))));
}

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
	const chosen = Matrix.build(m, points.cols, (s, b) => points.data[pivots.pivots[s] * points.cols + b]);
	const count = Math.min(rank, m);
	const inverse = await withMatrices(runtime, async (matrices) => {
		const sides = [
			await sideOf(matrices, weightedRows(matrices, pivots, weights, 0, firstKey), count),
			await sideOf(matrices, weightedRows(matrices, pivots, weights, firstKey, points.rows), count),
		];
		const isSingle = pivots.rows.dtype === "f32";
		const passes = isSingle ? 1 : 2;
		let T = await orthonormal(nextDirections(matrices, sides), matrices, passes);
		// Where all directions are features, these are ordered: one round more.
		if (count === m) {
			for (const side of sides) await turnSide(matrices, side, T);
			T = await orthonormal(nextDirections(matrices, sides), matrices, passes);
		}
		const B = await solvedRight(transposedCopy(matrices, T), pivots.factor(), matrices);
		return matrixOf(isSingle ? await orthonormalRows(B, chosen, matrices) : B);
	});
	return { coordinates, points: chosen, shift, sizes, inverse };
}

/** Candidates of one side in the span of the pivots. */
interface Side {
	/** S: rows of the factor times the roots of their weights, candidates x m. */
	readonly rows: PlacedMatrix;
	/** The trace of C = Sᵀ S. */
	readonly trace: number;
	/** C T for the directions T so far. */
	CT: PlacedMatrix;
	/** 1 over the part of the trace of C that the columns of T leave. */
	share: number;
}

/** A side whose directions are the first unit columns. */
async function sideOf(
	matrices: PlacedMatrices,
	{ rows, trace }: Pick<Side, "rows" | "trace">,
	count: number,
): Promise<Side> {
	const CT = await matrices.product(rows, { ...rows, cols: count }, { transposeA: true });
	let taken = 0;
	for (let k = 0; k < count; k++) taken += CT.data[k * CT.stride + k];
	return { rows, trace, CT, share: shareOf(trace, taken) };
}

/** Replaces the directions of a side. */
async function turnSide(matrices: PlacedMatrices, side: Side, T: PlacedMatrix): Promise<void> {
	const { rows, trace } = side;
	const own = rows.data instanceof Float32Array ? rounded(T, matrices) : T;
	const CT = await matrices.product(rows, await matrices.product(rows, own), { transposeA: true });
	side.CT = CT;
	side.share = shareOf(trace, inner(T, CT));
}

function inner(T: PlacedMatrix, CT: PlacedMatrix): number {
	let sum = 0;
	for (let i = 0; i < T.rows; i++)
		for (let k = 0; k < T.cols; k++) sum += T.data[i * T.stride + k] * CT.data[i * CT.stride + k];
	return sum;
}

/** Σ share C T over both sides. */
function nextDirections(matrices: PlacedMatrices, sides: readonly Side[]): PlacedMatrix {
	const { rows, cols } = sides[0].CT;
	const next = matrices.room(rows, cols, "f64");
	next.data.fill(0);
	for (const { CT, share } of sides)
		for (let i = 0, to = 0; i < rows; i++)
			for (let at = i * CT.stride, end = at + cols; at < end; at++) next.data[to++] += share * CT.data[at];
	return next;
}

/** Rows of the pivots' factor times the roots of their weights, of some of the points, and the sum of their squares. */
function weightedRows(
	matrices: PlacedMatrices,
	pivots: JointPivots,
	weights: Float64Array,
	from: number,
	to: number,
): Pick<Side, "rows" | "trace"> {
	const step = Math.max(1, Math.floor((to - from) / SAMPLE));
	let most = Number.MIN_VALUE;
	for (let j = from; j < to; j += step) most = Math.max(most, weights[j]);
	const { dtype, cols, data } = pivots.rows;
	const rows = matrices.room(Math.ceil((to - from) / step), cols, dtype);
	let trace = 0;
	for (let j = from, at = 0; j < to; j += step) {
		const share = weights[j] / most;
		const root = Math.sqrt(share);
		scaleRow(data, j * cols, cols, root, rows.data, at);
		at += cols;
		trace += share * (1 - pivots.residual[j]);
	}
	return { rows, trace };
}

function scaleRow(from: Numbers, at: number, count: number, factor: number, made: Numbers, to: number): void {
	for (let i = 0; i < count; i++) made[to + i] = factor * from[at + i];
}

/** 1 over the part of a trace that is not taken. */
const shareOf = (trace: number, taken: number): number => 1 / Math.max(trace - taken, 1e-12 * trace, Number.MIN_VALUE);

/** Combinations of the rows of B for which B κ Bᵀ is 1, κ the kernels of the pivots: single precision leaves it some thousandths off. O(m² K). */
async function orthonormalRows(B: PlacedMatrix, pivots: Matrix, matrices: PlacedMatrices): Promise<PlacedMatrix> {
	const kernels = await kernelsOf(pivots, squaredNorms(pivots), matrices);
	const gram = await matrices.product(await matrices.product(B, kernels), B, { transposeB: true, symmetric: true });
	const { factor, kept } = independentFactor(gram);
	const columns = keptColumns(transposedCopy(matrices, B), kept, matrices);
	return transposedCopy(matrices, await solvedBehind(columns, factor, matrices));
}

function transposedCopy(matrices: PlacedMatrices, { rows, cols, stride, data }: PlacedMatrix): PlacedMatrix {
	const made = matrices.room(cols, rows, "f64");
	for (let k = 0, to = 0; k < cols; k++)
		for (let i = 0, at = k; i < rows; i++, at += stride) made.data[to++] = data[at];
	return made;
}

/**
 * X with X L = A for a lower triangular L, in place of A: blocks of columns from the last to the first, each of which is taken from those before it by a product. O(rows K²).
 */
async function solvedRight(A: PlacedMatrix, L: Matrix, matrices: PlacedMatrices): Promise<PlacedMatrix> {
	const K = L.rows;
	const placed = matrices.place(L);
	for (let to = K; to > 0; to -= SMALL) {
		const from = Math.max(0, to - SMALL);
		const own = part(A, 0, A.rows, from, to);
		const inverse = inverseOfLower(Matrix.build(to - from, to - from, (i, k) => L.data[(from + i) * K + from + k]));
		const X = await matrices.product(own, matrices.place(inverse));
		copyInto(A, from, X);
		if (from === 0) break;
		const taken = await matrices.product(X, part(placed, from, to, 0, from));
		subtract(A, 0, taken);
	}
	return A;
}

/** A view of some rows and columns. */
const part = (A: PlacedMatrix, top: number, bottom: number, left: number, right: number): PlacedMatrix => ({
	rows: bottom - top,
	cols: right - left,
	stride: A.stride,
	data: A.data.subarray(top * A.stride + left),
});

/** Takes a matrix from the columns of another from `left` on. */
function subtract(A: PlacedMatrix, left: number, taken: PlacedMatrix): void {
	for (let i = 0; i < A.rows; i++)
		for (let k = 0, at = i * A.stride + left, own = i * taken.stride; k < taken.cols; k++)
			A.data[at++] -= taken.data[own++];
}

function copyInto(A: PlacedMatrix, left: number, X: PlacedMatrix): void {
	for (let i = 0; i < X.rows; i++)
		A.data.set(X.data.subarray(i * X.stride, i * X.stride + X.cols), i * A.stride + left);
}

/** Orthonormal columns that span those of a matrix, in order, by Cholesky factors of their products; dependent ones are left out. A second pass makes up for the rounding of the first. */
async function orthonormal(columns: PlacedMatrix, matrices: PlacedMatrices, passes: number): Promise<PlacedMatrix> {
	let T = columns;
	for (let pass = 0; pass < passes; pass++) {
		const gram = await matrices.product(T, T, { transposeA: true, symmetric: true });
		const { factor, kept } = independentFactor(gram);
		T = await solvedBehind(keptColumns(T, kept, matrices), factor, matrices);
	}
	return T;
}

/** Copies of some columns. */
function keptColumns(T: PlacedMatrix, kept: readonly number[], matrices: PlacedMatrices): PlacedMatrix {
	const made = matrices.room(T.rows, kept.length, "f64");
	for (let i = 0, to = 0; i < T.rows; i++) for (const k of kept) made.data[to++] = T.data[i * T.stride + k];
	return made;
}

/** X with X Lᵀ = A for a lower triangular L, in place of A, as `solvedRight` but from the first column on. */
async function solvedBehind(A: PlacedMatrix, L: Matrix, matrices: PlacedMatrices): Promise<PlacedMatrix> {
	const K = L.rows;
	const placed = matrices.place(L);
	for (let from = 0; from < K; from += SMALL) {
		const to = Math.min(K, from + SMALL);
		const inverse = inverseOfLower(Matrix.build(to - from, to - from, (i, k) => L.data[(from + i) * K + from + k]));
		const own = part(A, 0, A.rows, from, to);
		const X = await matrices.product(own, matrices.place(inverse), { transposeB: true });
		copyInto(A, from, X);
		if (to === K) break;
		const taken = await matrices.product(X, part(placed, to, K, from, to), { transposeB: true });
		subtract(A, to, taken);
	}
	return A;
}

/** The Cholesky factor of the rows and columns of a Gram matrix that are independent of those before them. */
function independentFactor(gram: PlacedMatrix): { readonly factor: Matrix; readonly kept: readonly number[] } {
	const K = gram.rows;
	// Transposed: entries that are taken from one after the other lie side by side.
	const data = new Float64Array(K * K);
	const kept: number[] = [];
	const row = new Float64Array(K);
	for (let i = 0; i < K; i++) {
		const count = kept.length;
		const own = i * gram.stride;
		for (let c = 0; c < count; c++) row[c] = gram.data[own + kept[c]];
		const size = gram.data[own + i];
		let left = size;
		for (let t = 0; t < count; t++) {
			const at = t * K;
			const entry = (row[t] /= data[at + t]);
			left -= entry * entry;
			for (let c = t + 1; c < count; c++) row[c] -= entry * data[at + c];
		}
		if (!(left > DEPENDENT * size)) continue;
		for (let t = 0; t < count; t++) data[t * K + count] = row[t];
		data[count * K + count] = Math.sqrt(left);
		kept.push(i);
	}
	return { factor: Matrix.build(kept.length, kept.length, (i, k) => (k <= i ? data[k * K + i] : 0)), kept };
}
