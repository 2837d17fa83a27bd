import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply } from "@attgrad/matrix-core";

/**
 * Vectors x_j and y_l, equally long, with e^<x_j, y_l> = e^<q_j, k_l − mean of the keys>: the attention matrix before
 * normalisation, each row up to a factor that cancels in the softmax.
 * @returns `radius`: max‖x‖ max‖y‖, which bounds every score
 */
export function scoreVectors({ n, d, A1, A2, X, scale }: AttentionProblem): {
	queries: Matrix;
	keys: Matrix;
	radius: number;
} {
	const projected = multiply(A1, X);
	const means = Float64Array.from({ length: d }, (_, b) => {
		let sum = 0;
		for (let l = 0; l < n; l++) sum += A2.at(l, b);
		return sum / n;
	});
	const plain = Matrix.build(n, d, (j, b) => scale * projected.at(j, b));
	const centred = Matrix.build(n, d, (l, b) => A2.at(l, b) - means[b]);
	const [q, k] = [longest(plain), longest(centred)];
	const t = q > 0 && k > 0 ? Math.sqrt(q / k) : 1;
	return {
		queries: Matrix.build(n, d, (j, b) => plain.at(j, b) / t),
		keys: Matrix.build(n, d, (l, b) => t * centred.at(l, b)),
		radius: q * k,
	};
}

function longest(rows: Matrix): number {
	let most = 0;
	for (let j = 0; j < rows.rows; j++) most = Math.max(most, Math.hypot(...rows.row(j)));
	return most;
}
