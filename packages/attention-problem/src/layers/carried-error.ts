import { type Matrix, maxAbs, type RowSource } from "@attgrad/matrix-core";
import { rowBlocks } from "../problem/row-blocks.ts";
import type { LayerWeights } from "./layer.ts";

/** Covers the rounding of the bound's own evaluation. */
const SLACK = 1 + 1e-9;

/** The least normal number: a product below it is off by less. */
const TINY = 2 ** -1022;

/**
 * At least max |layer(E) − layer(Ẽ)| over all inputs E with |E − Ẽ| ≤ β entry by entry: how much of the error of a layer's
 * input Ẽ its exact output carries on (Definition 1.1).
 *
 * With X = Q Kᵀ and keys about any centre μ, a score moves by at most σ = scale · β (max_l ‖X (Ẽ_l − μ)‖₁ + max_j ‖Xᵀ Ẽ_j‖₁ +
 * β Σ|Q||K|ᵀ), up to what is common to a row. Softmax weights whose scores move by at most σ move by at most 2 tanh(σ/2) in L1:
 * their odds move by at most e^{2σ}. So column i of the output moves by at most 2 tanh(σ/2) H_i + β Σ_a |V_ai|, H_i the
 * half-range of Ẽ V. Cost O(n d²), reads the input twice.
 * @param beta bound on the error of an entry of the input, >= 0
 * @param scale factor of the scores
 */
export function carriedError(input: RowSource, { Q, K, V }: LayerWeights, scale: number, beta: number): number {
	if (beta === 0) return 0;
	if (!Number.isFinite(beta)) return Number.POSITIVE_INFINITY;
	const d = input.cols;
	const [low, high] = [filled(d, Infinity), filled(d, -Infinity)];
	for (const { rows, data } of rowBlocks(input))
		for (let at = 0; at < rows * d; at++) {
			low[at % d] = Math.min(low[at % d], data[at]);
			high[at % d] = Math.max(high[at % d], data[at]);
		}
	const centre = low.map((x, b) => x / 2 + high[b] / 2);
	// ‖X k‖₁ <= Σ_a |Σ_b X_ab k_b| with X = Q Kᵀ: first Kᵀ k, then Q; likewise for Xᵀ.
	let [keys, queries, largest] = [0, 0, 0];
	const values = { low: filled(d, Infinity), high: filled(d, -Infinity) };
	const [inner, row] = [new Float64Array(d), new Float64Array(d)];
	for (const { rows, data } of rowBlocks(input))
		for (let j = 0; j < rows; j++) {
			for (let b = 0; b < d; b++) {
				row[b] = data[j * d + b];
				largest = Math.max(largest, Math.abs(row[b]), Math.abs(row[b] - centre[b]));
			}
			timesMatrix(row, V, inner);
			for (let i = 0; i < d; i++) {
				values.low[i] = Math.min(values.low[i], inner[i]);
				values.high[i] = Math.max(values.high[i], inner[i]);
			}
			queries = Math.max(queries, throughBoth(row, Q, K));
			for (let b = 0; b < d; b++) row[b] -= centre[b];
			keys = Math.max(keys, throughBoth(row, K, Q));
		}
	// Sizes of terms, not of their sums: what X sums to at most, and what the sums above were rounded by.
	let sizes = 0;
	for (let a = 0; a < d; a++)
		for (let b = 0; b < d; b++) for (let c = 0; c < d; c++) sizes += Math.abs(Q.at(a, c) * K.at(b, c)) + TINY;
	const most = Math.max(1, maxAbs(Q), maxAbs(K), maxAbs(V));
	// Roundings of sums, and the products of two factors at a time that are below the normal range.
	const rounding = (4 * d + 8) * (2 ** -53 * largest + TINY);
	const lost = 8 * d * d * TINY * most * Math.max(1, largest);
	const sigma = SLACK * scale * beta * (keys + queries + 2 * rounding * sizes + beta * sizes + lost) + TINY;
	let worst = 0;
	for (let i = 0; i < d; i++) {
		let column = 0;
		for (let a = 0; a < d; a++) column += Math.abs(V.at(a, i));
		const halfRange = values.high[i] / 2 - values.low[i] / 2 + rounding * column + lost;
		worst = Math.max(worst, 2 * Math.tanh(sigma / 2) * halfRange + beta * column + TINY);
		// An overflow, or 0 · Infinity, proves nothing.
		if (Number.isNaN(worst)) return Number.POSITIVE_INFINITY;
	}
	return SLACK * worst;
}

const filled = (length: number, value: number): Float64Array => new Float64Array(length).fill(value);

/** product = row · M. */
function timesMatrix(row: Float64Array, M: Matrix, product: Float64Array): void {
	product.fill(0);
	for (let a = 0; a < M.rows; a++) for (let b = 0; b < M.cols; b++) product[b] += row[a] * M.at(a, b);
}

/** ‖row · First · Secondᵀ‖₁. */
function throughBoth(row: Float64Array, First: Matrix, Second: Matrix): number {
	const inner = new Float64Array(First.cols);
	timesMatrix(row, First, inner);
	let total = 0;
	for (let b = 0; b < Second.rows; b++) {
		let entry = 0;
		for (let c = 0; c < Second.cols; c++) entry += inner[c] * Second.at(b, c);
		total += Math.abs(entry);
	}
	return total;
}
