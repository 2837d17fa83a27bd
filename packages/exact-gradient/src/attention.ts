import type { LayerWeights } from "@attgrad/attention-problem";
import { Matrix, multiply, scale, UsageError } from "@attgrad/matrix-core";
import { softmaxRows, weightedSums } from "./streaming/row-block.ts";

/** Rows whose softmax weights are held at once. */
const BLOCK_ROWS = 16;

/**
 * Attention T = D⁻¹ exp(factor · Q Kᵀ) V, D = diag(exp(factor · Q Kᵀ) 1) (Definition E.1, which has factor 1; the layer
 * of Definition 1.1 has 1/d). Queries n x d, keys m x d, values m x k; the result is n x k in double precision.
 * In row blocks with the row maximum subtracted: 2nm(d + k) flops, memory O(m) beside the matrices. Runs to its end
 * without a turn of the event loop.
 * @throws UsageError when the shapes do not fit, there is no key, or factor is not a finite number
 */
export function attentionForward(queries: Matrix, keys: Matrix, values: Matrix, factor: number): Matrix {
	if (queries.cols !== keys.cols || keys.rows !== values.rows || keys.rows === 0)
		throw new UsageError(
			`attentionForward: expected queries n x d, keys m x d, values m x k, m >= 1, got ${shape(queries)}, ${shape(keys)}, ${shape(values)}`,
		);
	if (!Number.isFinite(factor)) throw new UsageError(`attentionForward: factor must be finite, got ${factor}`);
	const scaled = scale(queries.as("f64"), factor);
	const made = Matrix.zeros(queries.rows, values.cols);
	const weights = Matrix.zeros(Math.min(BLOCK_ROWS, queries.rows), keys.rows);
	for (let from = 0; from < queries.rows; from += weights.rows) {
		const to = Math.min(queries.rows, from + weights.rows);
		const rows = weights.slice(0, to - from);
		softmaxRows(scaled.slice(from, to), keys, rows);
		weightedSums(rows, values, made.slice(from, to));
	}
	return made;
}

/**
 * One attention layer: E_{ℓ+1} = D⁻¹ exp(E_ℓ Q Kᵀ E_ℓᵀ / d) E_ℓ V (Definition 1.1). The input E_ℓ and the result are
 * n x d. Cost 4n²d flops and n² exponentials.
 * @throws UsageError when the shapes do not fit
 */
export function attentionLayer({ Q, K, V }: LayerWeights, input: Matrix): Matrix {
	const wide = input.as("f64");
	return attentionForward(multiply(wide, Q), multiply(wide, K), multiply(wide, V), 1 / input.cols);
}

/**
 * Layers in a row: the output of each is the input of the next. Gives all outputs, the last one last.
 * @throws UsageError when the shapes do not fit
 */
export function attentionLayers(layers: readonly LayerWeights[], input: Matrix): Matrix[] {
	const outputs: Matrix[] = [];
	for (const weights of layers) outputs.push(attentionLayer(weights, outputs.at(-1) ?? input));
	return outputs;
}

const shape = ({ rows, cols }: Matrix): string => `${rows} x ${cols}`;
