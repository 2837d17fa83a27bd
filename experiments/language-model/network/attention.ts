import { Matrix } from "@attgrad/matrix-core";
import { boundEntries, type EntryBound } from "./bound-entries.ts";
import { linear } from "./layer.ts";
import type { Parameter } from "./parameter.ts";
import { rotate } from "./rotary.ts";

/** Rows of all heads of all sequences, (batch · heads · n) x width: heads lie one below the other, sequence by sequence. */
export interface HeadRows {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	readonly batch: number;
	readonly heads: number;
	readonly n: number;
}

/** Gradients in the rows of all heads. */
export interface HeadGradients {
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
}

/** softmax(Q Kᵀ) V under the causal mask, with scale 1, and its backward pass: what the model leaves to an operator. */
export interface AttentionCore {
	/** The output, shaped as V, and the gradients in Q, K and V for the gradient in the output. */
	run(rows: HeadRows, layer: number): Promise<{ output: Matrix; backward(gradient: Matrix): Promise<HeadGradients> }>;
}

/** Weights of multi-head attention: the columns of W_Q, W_K and W_V are the heads side by side. */
export interface AttentionWeights {
	/** d_model x (heads · width). */
	readonly query: Parameter;
	readonly key: Parameter;
	readonly value: Parameter;
	/** (heads · width) x d_model. */
	readonly output: Parameter;
}

/** Shape and rules of a layer of attention. */
export interface AttentionShape {
	readonly layer: number;
	readonly batch: number;
	readonly n: number;
	readonly heads: number;
	readonly bound: EntryBound;
}

/** Multi-head causal attention with rotary positions over x, (batch · n) x d_model. */
export async function attention(
	x: Matrix,
	weights: AttentionWeights,
	{ layer, batch, n, heads, bound }: AttentionShape,
	core: AttentionCore,
): Promise<{ output: Matrix; backward(gradient: Matrix): Promise<Matrix> }> {
	const passes = [weights.query, weights.key, weights.value].map((weight) => linear(x, weight));
	const [Q, K, V] = passes.map(({ output }) => splitHeads(output, batch, n, heads));
	const width = Q.cols;
	// The usual scale 1/√width is shared between queries and keys, so that a bound on entries bounds scores.
	const scale = width ** -0.25;
	const bounded = [Q, K].map((rows) => boundEntries(times(rows, scale), bound));
	const [q, k] = bounded.map(({ output }) => rotate(output, n));
	const run = await core.run({ Q: q, K: k, V, batch, heads, n }, layer);
	const joined = linear(joinHeads(run.output, batch, n, heads), weights.output);
	return {
		output: joined.output,
		async backward(gradient) {
			const { dQ, dK, dV } = await run.backward(splitHeads(joined.backward(gradient), batch, n, heads));
			const inScores = [dQ, dK].map((rows, i) => times(bounded[i].backward(rotate(rows, n, -1)), scale));
			const parts = [...inScores, dV].map((rows, i) => passes[i].backward(joinHeads(rows, batch, n, heads)));
			return sum(parts);
		},
	};
}

/** (batch · n) x (heads · width) to (batch · heads · n) x width. */
export function splitHeads(x: Matrix, batch: number, n: number, heads: number): Matrix {
	const width = x.cols / heads;
	const split = Matrix.zeros(batch * heads * n, width);
	eachHeadRow(batch, n, heads, (joinedRow, head, splitRow) => {
		for (let i = 0; i < width; i++) split.data[splitRow * width + i] = x.data[joinedRow * x.cols + head * width + i];
	});
	return split;
}

/** The inverse of `splitHeads`. */
export function joinHeads(x: Matrix, batch: number, n: number, heads: number): Matrix {
	const joined = Matrix.zeros(batch * n, heads * x.cols);
	eachHeadRow(batch, n, heads, (joinedRow, head, splitRow) => {
		for (let i = 0; i < x.cols; i++)
			joined.data[joinedRow * joined.cols + head * x.cols + i] = x.data[splitRow * x.cols + i];
	});
	return joined;
}

function eachHeadRow(
	batch: number,
	n: number,
	heads: number,
	visit: (joinedRow: number, head: number, splitRow: number) => void,
): void {
	for (let sequence = 0; sequence < batch; sequence++)
		for (let head = 0; head < heads; head++)
			for (let t = 0; t < n; t++) visit(sequence * n + t, head, (sequence * heads + head) * n + t);
}

const times = (x: Matrix, by: number): Matrix =>
	new Matrix(
		x.rows,
		x.cols,
		x.data.map((value) => value * by),
	);

/** The sum of matrices of one shape. */
export function sum(parts: readonly Matrix[]): Matrix {
	const total = parts[0].copy();
	for (const part of parts.slice(1)) for (let at = 0; at < total.data.length; at++) total.data[at] += part.data[at];
	return total;
}
