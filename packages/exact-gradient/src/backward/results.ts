import type { AttentionOperands, BackwardResult } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, Matrix, type RowSource } from "@attgrad/matrix-core";

/** Output and gradients of every head, in double precision, to be filled or added to. */
export interface HeadResults {
	readonly output: Matrix;
	readonly lse: Float64Array;
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
}

/** Zeros of the shapes of all results; lse is −Infinity, that of a query that sees no key. */
export function emptyResults(operands: AttentionOperands<RowSource>, dtype: Dtype = "f64"): HeadResults {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v } = operands;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	return {
		output: Matrix.zeros(queries, d_v, dtype),
		lse: new Float64Array(queries).fill(Number.NEGATIVE_INFINITY),
		dQ: Matrix.zeros(queries, d, dtype),
		dK: Matrix.zeros(keys, d, dtype),
		dV: Matrix.zeros(keys, d_v, dtype),
	};
}

/** All results of an exact pass. */
export type FullResult = Required<Pick<BackwardResult, "dQ" | "dK" | "dV" | "output" | "lse">>;

/**
 * Results in the number type of the operands.
 * @throws ComputationError naming the first number that is not finite: entries so large that a product overflows
 */
export function finishResults(algorithm: string, { output, lse, dQ, dK, dV }: HeadResults, dtype: Dtype): FullResult {
	const made = { output: output.as(dtype), dQ: dQ.as(dtype), dK: dK.as(dtype), dV: dV.as(dtype) };
	for (const [name, { data, cols }] of Object.entries(made)) {
		const at = firstNotFinite(data);
		if (at < 0) continue;
		const where = `row ${Math.floor(at / cols)}, column ${at % cols}`;
		throw new ComputationError("failed", `${algorithm}: ${name} is not finite: ${data[at]} in ${where}`);
	}
	return { ...made, lse };
}

/** Index of the first number that is NaN or infinite, -1 where there is none. */
function firstNotFinite(data: Matrix["data"]): number {
	for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) return i;
	return -1;
}
