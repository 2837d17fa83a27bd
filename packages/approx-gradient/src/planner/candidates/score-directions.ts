import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, maxAbs, multiply, type RowSource } from "@attgrad/matrix-core";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
import { subProblem } from "../../rows/sub-problem.ts";

/** Rows of the sample. */
const ROWS = 256;

/**
 * About how many directions scores spread over, from 1 to d, on a sample of rows: (Σλ)² / Σλ² of the eigenvalues λ of the product of the
 * covariances of queries and keys, which are the variances of the scores along each direction. A millisecond, whatever n is.
 */
export function scoreDirections(problem: AttentionProblem<RowSource>): number {
	const { d } = problem;
	const sample = subProblem(problem, ROWS);
	// The sample is one block.
	const [{ queries }] = queryBlocks(sample, ROWS, "inputs");
	const [{ keys }] = keyBlocks(sample, ROWS);
	const product = multiply(covariance(queries), covariance(keys));
	let [trace, squares] = [0, 0];
	for (let a = 0; a < d; a++) {
		trace += product.at(a, a);
		for (let b = 0; b < d; b++) squares += product.at(a, b) * product.at(b, a);
	}
	const directions = trace ** 2 / squares;
	return Number.isFinite(directions) ? Math.min(d, Math.max(1, directions)) : d;
}

/** The covariance of rows up to a factor: the largest entry is taken for 1, so that no product leaves the range. */
function covariance(rows: Matrix): Matrix {
	const largest = maxAbs(rows);
	const unit = largest > 0 ? 1 / largest : 1;
	const mean = new Float64Array(rows.cols);
	for (let j = 0; j < rows.rows; j++) for (let a = 0; a < rows.cols; a++) mean[a] += (rows.at(j, a) * unit) / rows.rows;
	const centred = Matrix.build(rows.rows, rows.cols, (j, a) => rows.at(j, a) * unit - mean[a]);
	return multiply(centred, centred, { transposeA: true });
}
