import { Matrix, multiply } from "@attgrad/matrix-core";
import { headArray } from "../operator/head-array.ts";
import { type AttentionOperands, type BackwardProblem, createOperands } from "../operator/operands.ts";
import type { AttentionStack, StackWeights } from "./stack.ts";

/** The gradients of an operator. */
export interface OperatorGradients {
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
}

/** How the operator of each layer is computed. `Output` and `Gradients` may hold more than what a stack needs, such as bounds. */
export interface StackOperator<Output extends { output: Matrix }, Gradients extends OperatorGradients> {
	forward(operands: AttentionOperands, layer: number): Promise<Output>;
	backward(problem: BackwardProblem, layer: number): Promise<Gradients>;
}

/** The pass through a layer. Rows of heads lie one head below the other, (heads · n) x width; all else is n x …. */
export interface LayerPass<Output extends { output: Matrix }, Gradients extends OperatorGradients> {
	readonly weights: StackWeights;
	/** E_ℓ. */
	readonly input: Matrix;
	readonly operands: AttentionOperands;
	/** The operator's output, by heads. */
	readonly attended: Output;
	/** The joined heads, times W_O where there is one. */
	readonly made: Matrix;
	/** `made`, and the input with `residual`. */
	readonly output: Matrix;
	/** Gradient in the layer's output. */
	readonly upstream: Matrix;
	/** Gradient in the operator's output, by heads. */
	readonly dO: Matrix;
	/** Gradients in queries, keys and values, by heads. */
	readonly gradients: Gradients;
	/** Gradient in the layer's input. */
	readonly dInput: Matrix;
	/** Gradients in the weights. */
	readonly dWeights: StackWeights;
}

/** The gradients of a stack. */
export interface StackRun<Output extends { output: Matrix }, Gradients extends OperatorGradients> {
	/** Output of the last layer, n x d. */
	readonly output: Matrix;
	/** Gradient in E, n x d. */
	readonly dE: Matrix;
	readonly layers: readonly LayerPass<Output, Gradients>[];
}

/**
 * Forward and backward through a stack: 8 n d (heads · width) flops a layer forward and twice that backward, beside the operator. Keeps
 * what passes through each layer, O(layers · n · heads · width).
 */
export async function runStack<Output extends { output: Matrix }, Gradients extends OperatorGradients>(
	stack: AttentionStack,
	operator: StackOperator<Output, Gradients>,
): Promise<StackRun<Output, Gradients>> {
	const { n, heads, layers, scale, visibility, residual } = stack;
	const forwards: Pick<LayerPass<Output, Gradients>, "input" | "operands" | "attended" | "made" | "output">[] = [];
	let rows = stack.E;
	for (const [at, { Q, K, V, W_O }] of layers.entries()) {
		const [q, k, v] = [Q, K, V].map((weights) => {
			const split = splitHeads(multiply(rows, weights), heads);
			return headArray([heads, n, split.cols], split.data);
		});
		const operands = createOperands({ Q: q, K: k, V: v }, { scale, visibility });
		const attended = await operator.forward(operands, at);
		const joined = joinHeads(attended.output, heads);
		const made = W_O ? multiply(joined, W_O) : joined;
		const output = residual ? sumOf(rows, made) : made;
		forwards.push({ input: rows, operands, attended, made, output });
		rows = output;
	}
	const passes: LayerPass<Output, Gradients>[] = [];
	let upstream = stack.dO;
	for (const [at, pass] of [...forwards.entries()].reverse()) {
		const weights = layers[at];
		const { input, operands, attended } = pass;
		const dO = splitHeads(weights.W_O ? multiply(upstream, weights.W_O, { transposeB: true }) : upstream, heads);
		const gradients = await operator.backward({ ...operands, dO }, at);
		const joined = [gradients.dQ, gradients.dK, gradients.dV].map((rows) => joinHeads(rows, heads));
		const [dQ, dK, dV] = joined.map((rows) => multiply(input, rows, { transposeA: true }));
		const dW_O = weights.W_O && multiply(joinHeads(attended.output, heads), upstream, { transposeA: true });
		const dWeights = { Q: dQ, K: dK, V: dV, ...(dW_O && { W_O: dW_O }) };
		const parts = [weights.Q, weights.K, weights.V].map((W, i) => multiply(joined[i], W, { transposeB: true }));
		const dInput = [...(residual ? [upstream] : []), ...parts].reduce(sumOf);
		passes.push({ weights, ...pass, upstream, dO, gradients, dInput, dWeights });
		upstream = dInput;
	}
	return { output: rows, dE: upstream, layers: passes.reverse() };
}

/** n x (heads · width) to (heads · n) x width. */
export function splitHeads(x: Matrix, heads: number): Matrix {
	const [n, width] = [x.rows, x.cols / heads];
	return Matrix.build(heads * n, width, (row, i) => x.data[(row % n) * x.cols + Math.floor(row / n) * width + i]);
}

/** The inverse of `splitHeads`. */
export function joinHeads(x: Matrix, heads: number): Matrix {
	const [n, width] = [x.rows / heads, x.cols];
	return Matrix.build(n, heads * width, (row, at) => {
		const head = Math.floor(at / width);
		return x.data[(head * n + row) * width + (at - head * width)];
	});
}

const sumOf = (a: Matrix, b: Matrix): Matrix =>
	new Matrix(
		a.rows,
		a.cols,
		a.data.map((x, at) => x + b.data[at]),
	);
