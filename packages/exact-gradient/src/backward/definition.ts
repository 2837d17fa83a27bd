import { type BackwardProblem, headsOf, visibleKeys } from "@attgrad/attention-problem";
import { hadamard, Matrix, multiply, rowSums, scale as scaled } from "@attgrad/matrix-core";
import { emptyResults, type FullResult, finishResults } from "./results.ts";

/**
 * The backward pass by its definition, with n_q x n_k matrices, in double precision:
 * P = softmax(scale · Q Kᵀ over visible keys), O = P V, dS = P ∘ (dO Vᵀ − Δ 1ᵀ) with Δ_j = <dO_j, O_j>, dQ = scale · dS K,
 * dK = scale · dSᵀ Q, dV = Pᵀ dO. The other algorithms are tested against it. Cost O(n_q n_k (d + d_v)) a head, memory four
 * n_q x n_k matrices.
 * @throws ComputationError where a number is not finite
 */
export function definitionBackward(problem: BackwardProblem): FullResult {
	const { n_q, n_k, scale, visibility } = problem;
	const { lo, hi } = visibleKeys(visibility, n_q, n_k);
	const results = emptyResults(problem);
	for (const head of headsOf(problem)) {
		const [Q, K, V] = [head.Q.as("f64"), head.K.as("f64"), head.V.as("f64")];
		const dO = (head.dO ?? Matrix.zeros(n_q, V.cols)).as("f64");
		const scores = scaled(multiply(Q, K, { transposeB: true }), scale);
		const { weights: P, lse } = visibleSoftmax(scores, lo, hi);
		const O = multiply(P, V);
		const delta = rowSums(hadamard(dO, O));
		const dP = multiply(dO, V, { transposeB: true });
		const dS = Matrix.build(n_q, n_k, (j, l) => P.at(j, l) * (dP.at(j, l) - delta[j]));
		const [query, key] = [head.index * n_q, head.keyIndex * n_k];
		results.lse.set(lse, query);
		results.output.slice(query, query + n_q).data.set(O.data);
		results.dQ.slice(query, query + n_q).data.set(scaled(multiply(dS, K), scale).data);
		addTo(results.dK.slice(key, key + n_k), scaled(multiply(dS, Q, { transposeA: true }), scale));
		addTo(results.dV.slice(key, key + n_k), multiply(P, dO, { transposeA: true }));
	}
	return finishResults("definition", results, problem.Q.dtype);
}

/**
 * Softmax of each row over its columns lo..hi-1, 0 elsewhere, and ln Σ e^score of each; the row's largest visible score is
 * subtracted first. A row without a visible column is 0, and its lse −Infinity.
 */
export function visibleSoftmax(scores: Matrix, lo: Int32Array, hi: Int32Array): { weights: Matrix; lse: Float64Array } {
	const weights = Matrix.zeros(scores.rows, scores.cols);
	const lse = new Float64Array(scores.rows).fill(Number.NEGATIVE_INFINITY);
	for (let j = 0; j < scores.rows; j++) {
		const visible = scores.row(j).subarray(lo[j], hi[j]);
		if (visible.length === 0) continue;
		let largest = Number.NEGATIVE_INFINITY;
		for (const score of visible) largest = Math.max(largest, score);
		const row = weights.row(j).subarray(lo[j], hi[j]);
		let sum = 0;
		for (let l = 0; l < row.length; l++) sum += row[l] = Math.exp(visible[l] - largest);
		for (let l = 0; l < row.length; l++) row[l] /= sum;
		lse[j] = largest + Math.log(sum);
	}
	return { weights, lse };
}

function addTo(target: Matrix, terms: Matrix): void {
	for (let at = 0; at < terms.data.length; at++) target.data[at] += terms.data[at];
}
