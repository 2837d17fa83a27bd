import type { AttentionOperands, BackwardResult } from "@attgrad/attention-problem";
import {
	allocateNumbers,
	ComputationError,
	type Dtype,
	firstNotFinite,
	Matrix,
	type RowSource,
} from "@attgrad/matrix-core";

/** Output and gradients of every head, in double precision, to be filled or added to. */
export interface HeadResults {
	readonly output: Matrix;
	readonly lse: Float64Array;
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
}

/**
 * Zeros of the shapes of all results; lse is −Infinity, that of a query that sees no key.
 * @param allocate zeroed storage for the numbers; default: fresh memory
 */
export function emptyResults(
	operands: AttentionOperands<RowSource>,
	dtype: Dtype = "f64",
	allocate = allocateNumbers,
): HeadResults {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v } = operands;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const zeros = (rows: number, cols: number) => new Matrix(rows, cols, allocate(dtype, rows * cols));
	return {
		output: zeros(queries, d_v),
		lse: new Float64Array(queries).fill(Number.NEGATIVE_INFINITY),
		dQ: zeros(queries, d),
		dK: zeros(keys, d),
		dV: zeros(keys, d_v),
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
		const at = firstNotFinite(data, 0, data.length);
		if (at < 0) continue;
		const where = `row ${Math.floor(at / cols)}, column ${at % cols}`;
		throw new ComputationError("failed", `${algorithm}: ${name} is not finite: ${data[at]} in ${where}`);
	}
	return { ...made, lse };
}
