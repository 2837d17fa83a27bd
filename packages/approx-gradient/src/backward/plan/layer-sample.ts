import { type BackwardProblem, createBackwardProblem, headsOf } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";

/** Rows of the first head, equally far apart, with the mask and window but as one sequence. */
export function layerSample(problem: BackwardProblem<RowSource>, most: number): BackwardProblem {
	const { scale, visibility, n_q, n_k } = problem;
	const [{ Q, K, V, dO = V }] = headsOf(problem);
	const rows = (source: RowSource, count: number): Matrix => {
		const sample = Matrix.zeros(count, source.cols, source.dtype);
		for (let i = 0; i < count; i++) {
			const at = Math.floor((i * source.rows) / count);
			source.readRows(at, at + 1, sample.row(i));
		}
		return sample;
	};
	const [queries, keys] = [Math.min(most, n_q), Math.min(most, n_k)];
	const { mask, window } = visibility;
	const given = { Q: rows(Q, queries), K: rows(K, keys), V: rows(V, keys), dO: rows(dO, queries) };
	return createBackwardProblem(given, {
		scale,
		visibility: { mask, ...(window !== undefined && { window: Math.min(window, most) }) },
	});
}
