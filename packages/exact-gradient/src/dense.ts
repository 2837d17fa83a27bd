import { type AttentionProblem, refuseUnless, scaledQueries } from "@attgrad/attention-problem";
import { frobeniusNorm, Matrix, multiply, scale, subtract } from "@attgrad/matrix-core";
import { type ExactGradient, finite } from "./exact-gradient.ts";
import { denseSupports } from "./limits.ts";
import { shiftedKeys } from "./streaming/shifted-keys.ts";

/** Every intermediate matrix of the dense algorithm, under the paper's names. The n x n ones have the problem's number type. */
export interface DenseIntermediates {
	/** Scores Q̂ A2ᵀ, n x n, where Q̂ = scale · A1 X, of the centred keys. */
	readonly scores: Matrix;
	/** Softmax weights, n x n (Definition 3.4). */
	readonly f: Matrix;
	/** Values A3 Y, n x d (Definition 3.5). */
	readonly h: Matrix;
	/** Attention output f h, n x d. */
	readonly o: Matrix;
	/** Residual o − E, n x d (Definition 3.6). */
	readonly c: Matrix;
	/** c hᵀ, n x n (Definition C.3). */
	readonly q: Matrix;
	/** r_j = <f_j, q_j>, n numbers (proof of Lemma D.5). */
	readonly r: Float64Array;
	/** f ∘ (q − r 1ᵀ), n x n (Definition C.5). */
	readonly p: Matrix;
	/** Query gradient dL/dQ̂ = p A2, n x d. */
	readonly queryGradient: Matrix;
}

/**
 * All intermediate matrices of the closed form dL/dX = scale · A1ᵀ p A2 (Lemma C.7), formed in full.
 * The n x n matrices are kept in the problem's number type, sums and everything n x d in double precision.
 * Cost 8n²d flops and n² exponentials, memory four n x n matrices.
 * @throws UsageError where they would take more than half of the machine's memory
 */
export function denseIntermediates(problem: AttentionProblem): DenseIntermediates {
	refuseUnless(denseSupports(problem));
	const keys = shiftedKeys(problem.A2);
	const scores = multiply(scaledQueries(problem), keys.as(problem.A2.dtype), { transposeB: true });
	const f = softmax(scores);
	const h = multiply(problem.A3.as("f64"), problem.Y);
	const o = multiply(f, h);
	const c = subtract(o, problem.E);
	const q = multiply(c, h, { transposeB: true }).as(f.dtype);
	const r = innerProductsOfRows(f, q);
	const p = Matrix.build(f.rows, f.cols, (j, l) => f.at(j, l) * (q.at(j, l) - r[j]), f.dtype);
	return { scores, f, h, o, c, q, r, p, queryGradient: multiply(p, keys) };
}

/**
 * The exact gradient with n x n matrices (Lemmas 4.1 and C.8, paper.md 4.2): O(n²d + nd²).
 * @throws UsageError where the n x n matrices would take more than half of the machine's memory; ComputationError where
 * the result is not finite
 */
export function denseGradient(problem: AttentionProblem): ExactGradient {
	const { f, c, queryGradient } = denseIntermediates(problem);
	const { A1, A3 } = problem;
	return finite("dense", {
		gradient: scale(multiply(A1, queryGradient, { transposeA: true }), problem.scale),
		gradientY: multiply(multiply(f, A3.as("f64")), c, { transposeA: true }),
		loss: 0.5 * frobeniusNorm(c) ** 2,
	});
}

/** Softmax of each row; the row's largest entry is subtracted first, so that entries of any size are safe. */
function softmax(scores: Matrix): Matrix {
	const made = Matrix.zeros(scores.rows, scores.cols, scores.dtype);
	for (let j = 0; j < scores.rows; j++) {
		const row = scores.row(j);
		const weights = made.row(j);
		let largest = Number.NEGATIVE_INFINITY;
		for (const score of row) largest = Math.max(largest, score);
		let normaliser = 0;
		for (let l = 0; l < row.length; l++) normaliser += weights[l] = Math.exp(row[l] - largest);
		for (let l = 0; l < row.length; l++) weights[l] /= normaliser;
	}
	return made;
}

/** <A_j, B_j> for each row j. */
function innerProductsOfRows(A: Matrix, B: Matrix): Float64Array {
	return Float64Array.from({ length: A.rows }, (_, j) => {
		const row = A.row(j);
		const other = B.row(j);
		let sum = 0;
		for (let l = 0; l < row.length; l++) sum += row[l] * other[l];
		return sum;
	});
}
