import { Matrix } from "@attgrad/matrix-core";
import type { Pass } from "./layer.ts";

/** How the rows of queries and keys are kept small. */
export type EntryBound =
	| { readonly kind: "none" }
	/** Each row has norm √gain, so that no score passes the gain (QK-norm). */
	| { readonly kind: "norm"; readonly gain: number }
	/** A row of norm x gets norm √gain · tanh(x / √gain): short rows stay as they are, no score passes the gain. */
	| { readonly kind: "cap"; readonly gain: number };

/** Added to squares of norms, so that a row of zeros has a direction. */
const SMALL = 1e-12;

/** The rows of queries or keys under a bound on their entries. */
export function boundEntries(x: Matrix, bound: EntryBound): Pass {
	if (bound.kind === "none") return { output: x, backward: (gradient) => gradient };
	const { rows, cols } = x;
	const most = Math.sqrt(bound.gain);
	// A row x becomes f(r) x with r = |x|; its gradient is f dy + (f'/r) <x, dy> x.
	const factor = new Float64Array(rows);
	const slope = new Float64Array(rows);
	for (let row = 0; row < rows; row++) {
		let square = SMALL;
		for (let i = 0; i < cols; i++) square += x.data[row * cols + i] ** 2;
		const r = Math.sqrt(square);
		const t = bound.kind === "norm" ? 1 : Math.tanh(r / most);
		factor[row] = (most * t) / r;
		const derivative = bound.kind === "norm" ? 0 : 1 - t * t;
		slope[row] = (derivative - factor[row]) / square;
	}
	const output = Matrix.build(rows, cols, (row, i) => factor[row] * x.at(row, i));
	return {
		output,
		backward(gradient) {
			const into = Matrix.zeros(rows, cols);
			for (let row = 0; row < rows; row++) {
				let along = 0;
				for (let i = 0; i < cols; i++) along += x.data[row * cols + i] * gradient.data[row * cols + i];
				for (let at = row * cols; at < (row + 1) * cols; at++)
					into.data[at] = factor[row] * gradient.data[at] + slope[row] * along * x.data[at];
			}
			return into;
		},
	};
}
