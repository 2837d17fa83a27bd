import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, scale, transpose } from "@attgrad/matrix-core";
import { entriesScaled } from "./range/powers.ts";
import { gradientExponent, scaledProblem } from "./range/scaled-problem.ts";
import { gradientBlocks } from "./streaming/gradient-blocks.ts";
import { addOuterProducts, weightedSums } from "./streaming/row-block.ts";

/** Gradients of the loss in the matrices of n rows, n x d each, in double precision. */
export interface InputGradients {
	/** dL/dA1 = scale · p A2 Xᵀ. */
	readonly A1: Matrix;
	/** dL/dA2 = pᵀ Q̂. */
	readonly A2: Matrix;
	/** dL/dA3 = fᵀ c Yᵀ. */
	readonly A3: Matrix;
	/** dL/dE = −c. */
	readonly E: Matrix;
}

/**
 * dL/dA1, dL/dA2, dL/dA3 and dL/dE (paper.md section 2), in row blocks: 12n²d flops, memory O(nd + blockRows · n).
 * For self-attention, A1 = A2 = A3, the gradient in the shared input is the sum of the first three.
 * @param blockRows rows of a block; default: 4 to 64, as many as stay in cache
 * @throws UsageError when blockRows is not a whole number >= 1
 * @throws ComputationError where a residual is not finite
 */
export function inputGradients(problem: AttentionProblem<RowSource>, blockRows?: number): InputGradients {
	const scaled = scaledProblem(problem);
	if (scaled === undefined) return inputGradientsOf(problem, blockRows);
	const made = inputGradientsOf(scaled.problem, blockRows);
	const back = (name: keyof InputGradients): Matrix =>
		entriesScaled(made[name], gradientExponent(name, scaled.exponents));
	return { A1: back("A1"), A2: back("A2"), A3: back("A3"), E: back("E") };
}

/** The gradients of a problem whose products stay in the range. */
function inputGradientsOf(problem: AttentionProblem<RowSource>, blockRows?: number): InputGradients {
	const { n, d } = problem;
	const backToA1 = transpose(scale(problem.X.as("f64"), problem.scale));
	const made = { A1: Matrix.zeros(n, d), A2: Matrix.zeros(n, d), A3: Matrix.zeros(n, d), E: Matrix.zeros(n, d) };
	for (const { from, to, queries, f, c, cotangents, p, queryGradients } of gradientBlocks(problem, blockRows)) {
		weightedSums(queryGradients, backToA1, made.A1.slice(from, to));
		addOuterProducts(p, queries, made.A2);
		addOuterProducts(f, cotangents, made.A3);
		made.E.slice(from, to).data.set(scale(c, -1).data);
	}
	return made;
}

/**
 * Gradients in the factors of X = W_Q W_Kᵀ, from the gradient in X: dL/dW_Q = (dL/dX) W_K, dL/dW_K = (dL/dX)ᵀ W_Q.
 * @throws UsageError when the inner sizes differ
 */
export function weightGradients(
	gradient: Matrix,
	{ queryWeights, keyWeights }: { queryWeights: Matrix; keyWeights: Matrix },
): { queryWeights: Matrix; keyWeights: Matrix } {
	return {
		queryWeights: multiply(gradient, keyWeights),
		keyWeights: multiply(gradient, queryWeights, { transposeA: true }),
	};
}
