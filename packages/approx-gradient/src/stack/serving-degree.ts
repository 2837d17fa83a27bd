import {
	type AttentionOperands,
	type BackwardProblem,
	createBackwardProblem,
	headsOf,
} from "@attgrad/attention-problem";
import { Matrix, type Runtime } from "@attgrad/matrix-core";
import { backwardPolynomial } from "../backward/index.ts";

/** Queries and keys of a sample, and the part of its rows that polynomials may leave out. */
const SAMPLE = 192;
const LEFT_OUT = 0.03;

/** Queries and keys of the first head, equally far apart, each of which sees all. */
export function operandSample(operands: AttentionOperands): BackwardProblem {
	const [{ Q, K, V }] = headsOf(operands);
	const take = (rows: Matrix): Matrix => {
		const count = Math.min(SAMPLE, rows.rows);
		return Matrix.build(count, rows.cols, (i, j) => rows.at(Math.floor((i * rows.rows) / count), j));
	};
	return createBackwardProblem({ Q: take(Q), K: take(K), V: take(V), dO: take(V) }, { scale: operands.scale });
}

/**
 * Whether polynomials of a degree serve nearly all rows of a sample. Rows that they do not serve are exact, and cost as much as all keys: a degree
 * that serves few rows proves everything, in more time than the exact operator takes.
 */
export async function servesSample(sample: BackwardProblem, degree: number, runtime: Runtime): Promise<boolean> {
	const result = await backwardPolynomial.run(sample, backwardPolynomial.options.parse({ degree }), runtime);
	return (result.exactRows ?? 0) <= LEFT_OUT * sample.n_q;
}
