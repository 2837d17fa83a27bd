import { Matrix, multiply, transpose } from "@attgrad/matrix-core";
import { plus, times } from "../../error-bound/index.ts";
import { rowsTimes } from "../../rows/rows-times.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/**
 * Coordinates of queries and keys in which both spread equally: x = (q − a) F and y = (k − c) G with F Gᵀ = 1, so that <x, y> =
 * <q − a, k − c>. The weight e^<q, k> is, up to a factor of its row, w_l e^<x, y> with w_l = e^<a, k_l − c>: centring the queries costs a weight a
 * key, and centring the keys nothing.
 */
export interface BalancedCoordinates {
	/** a and c: means of queries and of keys. */
	readonly queryCentre: Float64Array;
	readonly keyCentre: Float64Array;
	/** F and G, d x d. */
	readonly ofQuery: Matrix;
	readonly ofKey: Matrix;
	/** Mean squares of the coordinates, the same for queries and keys, largest first: the spread of each score direction. */
	readonly spread: Float64Array;
	/** At least |F Gᵀ − 1| of every entry, as computed. */
	readonly mismatch: number;
}

/** Part of a mean square that is added where a direction has none. */
const LEAST_PART = 1e-10;

const u = 2 ** -53;

/**
 * Coordinates that balance samples of queries and keys: both have the covariance diag(spread), spread being the roots of the
 * eigenvalues of the product of their covariances. O(n d² + d³). Bounds hold for any coordinates: these make them small.
 */
export function balancedCoordinates(queries: Matrix, keys: Matrix): BalancedCoordinates {
	const d = queries.cols;
	const [q, k] = [covarianceOf(queries), covarianceOf(keys)];
	const L = choleskyOf(k.covariance);
	// G' = Lᵀ C_q L has the eigenvalues spread².
	const inner = multiply(multiply(L, q.covariance, { transposeA: true }), L);
	const { values, vectors } = symmetricEigen(Matrix.build(d, d, (i, j) => (inner.at(i, j) + inner.at(j, i)) / 2));
	const largest = Math.max(values[0], Number.MIN_VALUE);
	const spread = values.map((value) => Math.sqrt(Math.max(value, LEAST_PART * LEAST_PART * largest)));
	const LV = multiply(L, vectors);
	const ofQuery = Matrix.build(d, d, (i, b) => LV.at(i, b) / Math.sqrt(spread[b]));
	const inverse = inverseOfLower(L);
	const inverseV = multiply(transpose(inverse), vectors);
	const ofKey = Matrix.build(d, d, (i, b) => inverseV.at(i, b) * Math.sqrt(spread[b]));
	return {
		...{ queryCentre: q.mean, keyCentre: k.mean, ofQuery, ofKey, spread },
		mismatch: mismatchOf(ofQuery, ofKey),
	};
}

/** Rows (row − centre) F. */
export function coordinatesOf(rows: Matrix, centre: Float64Array, map: Matrix): Matrix {
	const made = Matrix.zeros(rows.rows, map.cols);
	rowsTimes(centredRows(rows, centre).data, map, 1, rows.rows, made.data);
	return made;
}

function centredRows({ rows, cols, data }: Matrix, centre: Float64Array): Matrix {
	const made = Matrix.zeros(rows, cols);
	for (let j = 0, at = 0; j < rows; j++) for (let b = 0; b < cols; b++, at++) made.data[at] = data[at] - centre[b];
	return made;
}

function covarianceOf(rows: Matrix): { mean: Float64Array; covariance: Matrix } {
	const d = rows.cols;
	const mean = new Float64Array(d);
	for (let at = 0; at < rows.data.length; ) for (let b = 0; b < d; b++) mean[b] += rows.data[at++] / rows.rows;
	const centred = centredRows(rows, mean);
	const product = multiply(centred, centred, { transposeA: true });
	let most = 0;
	for (let b = 0; b < d; b++) most = Math.max(most, product.at(b, b) / rows.rows);
	// Rows that are all equal have no spread: any scale serves.
	const floor = most > 0 ? most * LEAST_PART : 1;
	const covariance = Matrix.build(d, d, (i, j) => product.at(i, j) / rows.rows + (i === j ? floor : 0));
	return { mean, covariance };
}

function choleskyOf(A: Matrix): Matrix {
	const d = A.rows;
	const L = Matrix.zeros(d, d);
	for (let i = 0; i < d; i++)
		for (let j = 0; j <= i; j++) {
			let sum = A.at(i, j);
			for (let k = 0; k < j; k++) sum -= L.at(i, k) * L.at(j, k);
			L.data[i * d + j] =
				i === j ? Math.sqrt(Math.max(sum, LEAST_PART * Math.abs(A.at(i, i)) * 1e-3)) : sum / L.at(j, j);
		}
	return L;
}

/** L⁻¹ of a lower triangular matrix. */
export function inverseOfLower(L: Matrix): Matrix {
	const K = L.rows;
	const made = Matrix.zeros(K, K);
	const row = new Float64Array(K);
	for (let i = 0; i < K; i++) {
		row.fill(0, 0, i + 1);
		let m = 0;
		// two rows at a time, in their order; the second has an entry more
		for (; m + 2 <= i; m += 2) {
			const [first, second, at, next] = [L.at(i, m), L.at(i, m + 1), m * K, (m + 1) * K];
			for (let j = 0; j <= m; j++) row[j] = row[j] - first * made.data[at + j] - second * made.data[next + j];
			row[m + 1] -= second * made.data[next + m + 1];
		}
		if (m < i) for (let j = 0, at = m * K; j <= m; j++) row[j] -= L.at(i, m) * made.data[at + j];
		row[i] += 1;
		const pivot = L.at(i, i);
		for (let j = 0; j <= i; j++) made.data[i * K + j] = row[j] / pivot;
	}
	return made;
}

/** At least every |(F Gᵀ − 1)_ik|: as computed, and the rounding of computing it. */
function mismatchOf(F: Matrix, G: Matrix): number {
	const d = F.rows;
	let most = 0;
	for (let i = 0; i < d; i++)
		for (let k = 0; k < d; k++) {
			let [sum, size] = [i === k ? -1 : 0, 1];
			for (let b = 0; b < d; b++) {
				const term = F.at(i, b) * G.at(k, b);
				sum += term;
				size += Math.abs(term);
			}
			most = Math.max(most, plus(Math.abs(sum), times((d + 4) * u, size)));
		}
	return most;
}
