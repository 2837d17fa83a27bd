import { Matrix } from "@attgrad/matrix-core";
import type { AttentionCore, HeadRows } from "./attention.ts";

/** Causal attention from the definition, a row at a time: the truth that operators are tested against. Cost O(n²) a head. */
export const plainCore: AttentionCore = {
	async run(rows) {
		const { Q, V } = rows;
		const output = Matrix.zeros(Q.rows, V.cols);
		eachRow(rows, (row, first, weights) => {
			for (let l = 0; l < weights.length; l++)
				for (let i = 0; i < V.cols; i++) output.data[row * V.cols + i] += weights[l] * V.data[(first + l) * V.cols + i];
		});
		return { output, backward: async (gradient) => gradientsOf(rows, output, gradient) };
	},
};

function gradientsOf(rows: HeadRows, output: Matrix, gradient: Matrix) {
	const { Q, K, V } = rows;
	const dQ = Matrix.zeros(Q.rows, Q.cols);
	const dK = Matrix.zeros(K.rows, K.cols);
	const dV = Matrix.zeros(V.rows, V.cols);
	eachRow(rows, (row, first, weights) => {
		const upstream = gradient.row(row);
		const delta = dot(upstream, output.row(row));
		for (let l = 0; l < weights.length; l++) {
			const key = first + l;
			const dS = weights[l] * (dot(upstream, V.row(key)) - delta);
			for (let i = 0; i < V.cols; i++) dV.data[key * V.cols + i] += weights[l] * upstream[i];
			for (let i = 0; i < Q.cols; i++) {
				dQ.data[row * Q.cols + i] += dS * K.data[key * K.cols + i];
				dK.data[key * K.cols + i] += dS * Q.data[row * Q.cols + i];
			}
		}
	});
	return { dQ, dK, dV };
}

/** Visits each query with the softmax weights of the keys that it sees, the first of which is key `first`. */
function eachRow(
	{ Q, K, batch, heads, n }: HeadRows,
	visit: (row: number, first: number, weights: Float64Array) => void,
): void {
	for (let head = 0; head < batch * heads; head++)
		for (let t = 0; t < n; t++) {
			const row = head * n + t;
			const scores = Float64Array.from({ length: t + 1 }, (_, l) => dot(Q.row(row), K.row(head * n + l)));
			const most = scores.reduce((a, b) => Math.max(a, b));
			const weights = scores.map((score) => Math.exp(score - most));
			const total = weights.reduce((a, b) => a + b);
			visit(
				row,
				head * n,
				weights.map((weight) => weight / total),
			);
		}
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
	let total = 0;
	for (let i = 0; i < a.length; i++) total += a[i] * b[i];
	return total;
};
