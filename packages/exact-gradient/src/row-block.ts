import type { Matrix } from "@attgrad/matrix-core";

/**
 * The four loops that the row-block algorithms are made of. `weights` is rows x n, keys and value inputs are n x d in
 * either number type; all else is double precision. Every row is computed alone and in the same order, so results do
 * not depend, to the last bit, on how rows are put into blocks.
 */

/** weights[j, :] := softmax(queries_j · keysᵀ) with the row's largest score subtracted (Definition 3.4). 2·rows·n·d flops. */
export function softmaxRows(queries: Matrix, keys: Matrix, weights: Matrix): void {
	const { rows: n, cols: d, data: key } = keys;
	const { data: query } = queries;
	for (let j = 0; j < queries.rows; j++) {
		const row = weights.row(j);
		let largest = Number.NEGATIVE_INFINITY;
		for (let l = 0, at = 0; l < n; l++) {
			let score = 0;
			for (let b = 0, from = j * d; b < d; b++) score += query[from + b]! * key[at++]!;
			row[l] = score;
			if (score > largest) largest = score;
		}
		let normaliser = 0;
		for (let l = 0; l < n; l++) normaliser += row[l] = Math.exp(row[l]! - largest);
		for (let l = 0; l < n; l++) row[l]! /= normaliser;
	}
}

/** sums := weights · vectors, rows x d. 2·rows·n·d flops. */
export function weightedSums(weights: Matrix, vectors: Matrix, sums: Matrix): void {
	const { rows: n, cols: d, data: vector } = vectors;
	for (let j = 0; j < weights.rows; j++) {
		const row = weights.row(j);
		const sum = sums.row(j).fill(0);
		for (let l = 0, at = 0; l < n; l++) {
			const weight = row[l]!;
			for (let b = 0; b < d; b++) sum[b]! += weight * vector[at++]!;
		}
	}
}

/**
 * weights, holding rows of f, := rows of p: f_{jl} (<cotangents_j, vectors_l> − <cotangents_j, sums_j>) (Definition C.5),
 * where sums = f · vectors and cotangents = dL/d(sums). 2·rows·n·d flops.
 */
export function scoreCotangents(weights: Matrix, vectors: Matrix, sums: Matrix, cotangents: Matrix): void {
	const { rows: n, cols: d, data: vector } = vectors;
	const { data: cotangent } = cotangents;
	for (let j = 0; j < weights.rows; j++) {
		const row = weights.row(j);
		const from = j * d;
		let mean = 0;
		for (let i = 0; i < d; i++) mean += cotangent[from + i]! * sums.data[from + i]!;
		for (let l = 0, at = 0; l < n; l++) {
			let inner = 0;
			for (let i = 0; i < d; i++) inner += cotangent[from + i]! * vector[at++]!;
			row[l]! *= inner - mean;
		}
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
			const factor = left[l]!;
			for (let i = 0; i < k; i++) target.data[at++]! += factor * right[i]!;
		}
	}
}
