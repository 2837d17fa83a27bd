import { type AttentionProblem, loss, type MatrixName } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";

/** Step of the differences: the cube root of the unit roundoff balances truncation and rounding. */
const STEP = 5e-6;

/**
 * dL/dM by central differences of the loss. For entries and derivatives of order 1 the error is about
 * STEP² L'''/6 + 2⁻⁵³ L/STEP, some 1e-10 · L.
 */
export function centralDifferences(problem: AttentionProblem, matrix: MatrixName): Matrix {
	const { rows, cols } = problem[matrix];
	const moved = (at: number, by: number) => {
		const copy = problem[matrix].copy();
		copy.data[at] += by;
		return loss({ ...problem, [matrix]: copy });
	};
	return Matrix.build(rows, cols, (i, j) => (moved(i * cols + j, STEP) - moved(i * cols + j, -STEP)) / (2 * STEP));
}
