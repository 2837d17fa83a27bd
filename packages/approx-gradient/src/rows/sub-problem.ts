import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";

/**
 * The problem of at most `rows` of the rows, spread evenly: for predictions. A sum over all rows is about n / rows times the
 * same sum there. Reads the rows one by one; all of them where there are no more.
 */
export function subProblem(problem: AttentionProblem<RowSource>, rows: number): AttentionProblem {
	const n = Math.min(problem.n, rows);
	const spread = (source: RowSource): Matrix => {
		const matrix = Matrix.zeros(n, source.cols, source.dtype);
		for (let at = 0; at < n; at++) {
			const row = Math.floor(((at + 0.5) * problem.n) / n);
			source.readRows(row, row + 1, matrix.data.subarray(at * source.cols, (at + 1) * source.cols));
		}
		return matrix;
	};
	const { A1, A2, A3, E } = problem;
	return { ...problem, n, A1: spread(A1), A2: spread(A2), A3: spread(A3), E: spread(E) };
}
