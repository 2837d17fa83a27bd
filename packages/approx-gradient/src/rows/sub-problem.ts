import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";

/**
 * The problem of at most `rows` of the rows, spread evenly: for predictions. A sum over all rows is about n / rows times the
 * same sum there. All rows where there are no more.
 * @param run rows that are read at once and follow one another. @default 1
 */
export function subProblem(problem: AttentionProblem<RowSource>, rows: number, run = 1): AttentionProblem {
	const n = Math.min(problem.n, rows);
	const spread = (source: RowSource): Matrix => {
		const matrix = Matrix.zeros(n, source.cols, source.dtype);
		for (let at = 0; at < n; at += run) {
			const count = Math.min(run, n - at);
			const middle = ((at + count / 2) * problem.n) / n;
			const row = Math.min(problem.n - count, Math.floor(middle - (count - 1) / 2));
			source.readRows(row, row + count, matrix.data.subarray(at * source.cols, (at + count) * source.cols));
		}
		return matrix;
	};
	const { A1, A2, A3, E } = problem;
	return { ...problem, n, A1: spread(A1), A2: spread(A2), A3: spread(A3), E: spread(E) };
}
