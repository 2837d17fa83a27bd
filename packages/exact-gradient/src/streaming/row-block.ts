import type { Matrix } from "@attgrad/matrix-core";

/**
 * The loops that the row-block algorithms are made of. Keys and value inputs are n x d, `weights`, f and p rows x n, all
 * else rows x d. The operations on a row are the same, in the same order, whatever block it
 * is in: results do not depend on the size of blocks, to the last bit.
 */

/** weights[j, :] := softmax(queries_j · keysᵀ), the row's largest score subtracted (Definition 3.4). 2·rows·n·d flops. */
export function softmaxRows(queries: Matrix, keys: Matrix, weights: Matrix): void {
	innerProducts(queries, keys, weights);
	for (let j = 0; j < weights.rows; j++) {
		const row = weights.row(j);
		let largest = Number.NEGATIVE_INFINITY;
		for (let l = 0; l < row.length; l++) if (row[l] > largest) largest = row[l];
		let normaliser = 0;
		for (let l = 0; l < row.length; l++) normaliser += row[l] = Math.exp(row[l] - largest);
		for (let l = 0; l < row.length; l++) row[l] /= normaliser;
	}
}

/**
 * Rows of p: f_{jl} (<cotangents_j, vectors_l> − <cotangents_j, sums_j>) (Definition C.5), where sums = f · vectors and
 * cotangents = dL/d(sums). 2·rows·n·d flops.
 */
export function scoreCotangents(f: Matrix, vectors: Matrix, sums: Matrix, cotangents: Matrix, p: Matrix): void {
	innerProducts(cotangents, vectors, p);
	for (let j = 0; j < f.rows; j++) {
		const cotangent = cotangents.row(j);
		const sum = sums.row(j);
		let mean = 0;
		for (let i = 0; i < sum.length; i++) mean += cotangent[i] * sum[i];
		const weight = f.row(j);
		const row = p.row(j);
		for (let l = 0; l < row.length; l++) row[l] = weight[l] * (row[l] - mean);
	}
}

/** products := A Bᵀ, four rows of A at a time so that each entry of B is loaded once for four. */
function innerProducts(A: Matrix, B: Matrix, products: Matrix): void {
	const { rows: n, cols: d, data: b } = B;
	const { data: a } = A;
	const last = A.rows - 1;
	for (let j = 0; j <= last; j += 4) {
		// past the last row the last row is taken again: the same numbers are written twice
		const [j1, j2, j3] = [Math.min(j + 1, last), Math.min(j + 2, last), Math.min(j + 3, last)];
		const [a0, a1, a2, a3] = [j * d, j1 * d, j2 * d, j3 * d];
		const [out0, out1, out2, out3] = [products.row(j), products.row(j1), products.row(j2), products.row(j3)];
		for (let l = 0, at = 0; l < n; l++) {
			let s0 = 0;
			let s1 = 0;
			let s2 = 0;
			let s3 = 0;
			for (let i = 0; i < d; i++) {
				const y = b[at++];
				s0 += a[a0 + i] * y;
				s1 += a[a1 + i] * y;
				s2 += a[a2 + i] * y;
				s3 += a[a3 + i] * y;
			}
			out0[l] = s0;
			out1[l] = s1;
			out2[l] = s2;
			out3[l] = s3;
		}
	}
}

/** sums := weights · vectors, four vectors at a time so that each sum is stored once for four. 2·rows·n·d flops. */
export function weightedSums(weights: Matrix, vectors: Matrix, sums: Matrix): void {
	const { rows: n, cols: d, data: v } = vectors;
	for (let j = 0; j < weights.rows; j++) {
		const w = weights.row(j);
		const sum = sums.row(j).fill(0);
		let l = 0;
		for (let at = 0; l + 3 < n; l += 4, at += 3 * d)
			for (let i = 0; i < d; i++, at++)
				sum[i] += w[l] * v[at] + w[l + 1] * v[at + d] + w[l + 2] * v[at + 2 * d] + w[l + 3] * v[at + 3 * d];
		for (; l < n; l++) for (let i = 0; i < d; i++) sum[i] += w[l] * v[l * d + i];
	}
}

/** target += Aᵀ B for A rows x m and B rows x k: one outer product a row, in order. */
export function addOuterProducts(A: Matrix, B: Matrix, target: Matrix): void {
	const { cols: m } = A;
	const { cols: k } = B;
	for (let j = 0; j < A.rows; j++) {
		const left = A.row(j);
		const right = B.row(j);
		for (let l = 0, at = 0; l < m; l++) {
			const factor = left[l];
			for (let i = 0; i < k; i++) target.data[at++] += factor * right[i];
		}
	}
}
