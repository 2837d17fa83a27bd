import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, maxAbs, multiply, type RowSource } from "@attgrad/matrix-core";

/** ‖A1 X‖∞ and ‖A2‖∞ (Definition 1.4) of a problem whose rows need not be in memory; they are read once. */
export function boundOfRows(problem: AttentionProblem<RowSource>, blockRows = 4096): { queries: number; keys: number } {
	const { n, d, A1, A2, X } = problem;
	let queries = 0;
	let keys = 0;
	for (let from = 0; from < n; from += blockRows) {
		const block = Matrix.zeros(Math.min(blockRows, n - from), d, A1.dtype);
		A1.readRows(from, from + block.rows, block.data);
		queries = Math.max(queries, maxAbs(multiply(block, X)));
		A2.readRows(from, from + block.rows, block.data);
		keys = Math.max(keys, maxAbs(block));
	}
	return { queries, keys };
}
