import { type AttentionProblem, asDtype, refuseUnless } from "@attgrad/attention-problem";
import {
	add,
	exp,
	hadamard,
	kronecker,
	Matrix,
	mapEntries,
	multiply,
	rowSums,
	scale,
	scaleRows,
	subtract,
	unvec,
	vec,
} from "@attgrad/matrix-core";
import { type ExactGradient, finite } from "./exact-gradient.ts";
import { definitionSupports } from "./limits.ts";

/** The tensor A = A1 ⊗ A2, n² x d²: A[j0·n + j1, i0·d + i1] = A1[j0, i0] · A2[j1, i1] (Definition 3.2). */
export const A = ({ A1, A2 }: AttentionProblem): Matrix => kronecker(A1, A2);

/** A_{j0}, the j0-th block of n rows of A, n x d² (Definition 3.2). */
export const blockOfA = ({ A1, A2 }: AttentionProblem, j0: number): Matrix => kronecker(A1.slice(j0, j0 + 1), A2);

/** x = vec(X), row-major, d² x 1 (section 3.3 of the paper). */
export const x = ({ X }: AttentionProblem): Matrix => vec(X);

/** Scores of row j0: scale · A_{j0} x, n x 1. */
export const scores = (problem: AttentionProblem, j0: number): Matrix =>
	scale(multiply(blockOfA(problem, j0), x(problem)), problem.scale);

/** u_{j0} = exp(scale · A_{j0} x), n x 1 (Definition 3.2). Infinite where a score is above 709. */
export const u = (problem: AttentionProblem, j0: number): Matrix => exp(scores(problem, j0));

/** α_{j0} = <u_{j0}, 1_n> (Definition 3.3). Infinite where a score is above 709. */
export const alpha = (problem: AttentionProblem, j0: number): number => sum(u(problem, j0));

/**
 * f_{j0} = u_{j0} / α_{j0}, n x 1: softmax weights of row j0 (Definition 3.4).
 * The largest score is subtracted first; it cancels in the quotient, and scores of any size are safe.
 */
export function fOfRow(problem: AttentionProblem, j0: number): Matrix {
	const row = scores(problem, j0);
	let largest = Number.NEGATIVE_INFINITY;
	for (const score of row.data) largest = Math.max(largest, score);
	const shifted = mapEntries(row, (score) => Math.exp(score - largest));
	return scale(shifted, 1 / sum(shifted));
}

/** f, the softmax matrix, n x n: row j0 is f_{j0}ᵀ (Definition 3.4). */
export const f = (problem: AttentionProblem): Matrix => stackRows(problem.n, (j0) => fOfRow(problem, j0));

/** h = A3 Y, n x d (Definition 3.5). */
export const h = ({ A3, Y }: AttentionProblem): Matrix => multiply(A3, Y);

/** Residual c = f h − E, n x d: c[j0, i0] = <f_{j0}, h_{·i0}> − E[j0, i0] (Definition 3.6). */
export const c = (problem: AttentionProblem): Matrix => subtract(multiply(f(problem), h(problem)), problem.E);

/** Entry losses, n x d: L_{j0,i0} = ½ c[j0, i0]² (Definition 3.7). */
export const L = (problem: AttentionProblem): Matrix => mapEntries(c(problem), (residual) => 0.5 * residual * residual);

/** q = c hᵀ, n x n (Definition C.3). */
export const q = (problem: AttentionProblem): Matrix => multiply(c(problem), h(problem), { transposeB: true });

/** r, n numbers: r_j = <f_j, q_j> (proof of Lemma D.5). */
export const r = (problem: AttentionProblem): Float64Array => rowSums(p1(problem));

/** p1 = f ∘ q, n x n (Lemma D.4). */
export const p1 = (problem: AttentionProblem): Matrix => hadamard(f(problem), q(problem));

/** p2 = diag(r) f, n x n: row j is r_j f_jᵀ (Lemma D.5). */
export const p2 = (problem: AttentionProblem): Matrix => scaleRows(f(problem), r(problem));

/** p, n x n: row j0 is p_{j0} = (diag(f_{j0}) − f_{j0} f_{j0}ᵀ) q_{j0} (Definition C.5). */
export function p(problem: AttentionProblem): Matrix {
	const cotangents = q(problem);
	return stackRows(problem.n, (j0) => softmaxJacobian(fOfRow(problem, j0), vec(cotangents.slice(j0, j0 + 1))));
}

/** (diag(w) − w wᵀ) y = w ∘ y − <w, y> w for softmax weights w, n x 1 each; O(n). */
export function softmaxJacobian(w: Matrix, y: Matrix): Matrix {
	const product = hadamard(w, y);
	return subtract(product, scale(w, sum(product)));
}

/**
 * The gradient by the definitions of the paper's section 3: dL/dx = scale · Σ_{j0} A_{j0}ᵀ p_{j0} (Lemma C.7) with the
 * tensor A in full; the loss as the sum of its entries (Lemma 3.10). Works in double precision. It is what the other
 * algorithms are tested against: cost and memory O(n²d²).
 * @throws UsageError where n²d² > 2·10⁷; ComputationError where the result is not finite
 */
export function definitionGradient(given: AttentionProblem): ExactGradient {
	refuseUnless(definitionSupports(given));
	const problem = asDtype(given, "f64");
	const { n, d } = problem;
	const tensor = A(problem);
	const cotangents = p(problem);
	let gradient = Matrix.zeros(1, d * d);
	for (let j0 = 0; j0 < n; j0++)
		gradient = add(gradient, multiply(cotangents.slice(j0, j0 + 1), tensor.slice(j0 * n, (j0 + 1) * n)));
	return finite("definition", {
		gradient: unvec(scale(gradient, problem.scale), d, d),
		gradientY: multiply(problem.A3, multiply(f(problem), c(problem), { transposeA: true }), { transposeA: true }),
		loss: sum(L(problem)),
	});
}

/** n x n matrix whose row j0 is row(j0), given as n x 1. */
function stackRows(n: number, row: (j0: number) => Matrix): Matrix {
	const made = Matrix.zeros(n, n);
	for (let j0 = 0; j0 < n; j0++) made.row(j0).set(row(j0).data);
	return made;
}

function sum(A: Matrix): number {
	let total = 0;
	for (const a of A.data) total += a;
	return total;
}
