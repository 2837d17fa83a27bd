import { type Matrix, maxAbs, multiply, type RowSource, scale } from "@attgrad/matrix-core";
import type { AttentionProblem } from "./problem.ts";
import { rowBlocks } from "./row-blocks.ts";

/** Scaled queries Q̂ = scale · A1 X, n x d. Cost 2nd² flops. */
export function scaledQueries(problem: AttentionProblem): Matrix {
	return scale(multiply(problem.A1, problem.X), problem.scale);
}

/** Values h = A3 Y, n x d (Definition 3.5). Cost 2nd² flops. */
export function values(problem: AttentionProblem): Matrix {
	return multiply(problem.A3, problem.Y);
}

/**
 * L(X) = ½ ‖D⁻¹ exp(scale · A1 X A2ᵀ) A3 Y − E‖_F² (Definition 1.2), straight from the definition, one row at a time.
 * The row's largest score is subtracted first, so that scores of any size are safe. Cost O(n²d), memory O(nd).
 */
export function loss(problem: AttentionProblem): number {
	const { n, d, A2, E } = problem;
	const queries = scaledQueries(problem);
	const h = values(problem);
	const weights = new Float64Array(n);
	let total = 0;
	for (let j = 0; j < n; j++) {
		let largest = Number.NEGATIVE_INFINITY;
		for (let l = 0; l < n; l++) {
			let score = 0;
			for (let b = 0; b < d; b++) score += queries.at(j, b) * A2.at(l, b);
			weights[l] = score;
			largest = Math.max(largest, score);
		}
		let normaliser = 0;
		for (let l = 0; l < n; l++) normaliser += weights[l] = Math.exp(weights[l] - largest);
		for (let i = 0; i < d; i++) {
			let output = 0;
			for (let l = 0; l < n; l++) output += weights[l] * h.at(l, i);
			total += 0.5 * (output / normaliser - E.at(j, i)) ** 2;
		}
	}
	return total;
}

/**
 * The bound B of Definition 1.4 that a problem meets: ‖A1 X‖∞ and ‖A2‖∞, and the larger of the two. Rows are read in
 * blocks; cost 2nd².
 */
export function boundMet(problem: AttentionProblem<RowSource>): { queries: number; keys: number; B: number } {
	let [queries, keys] = [0, 0];
	for (const block of rowBlocks(problem.A1)) queries = Math.max(queries, maxAbs(multiply(block, problem.X)));
	for (const block of rowBlocks(problem.A2)) keys = Math.max(keys, maxAbs(block));
	return { queries, keys, B: Math.max(queries, keys) };
}
