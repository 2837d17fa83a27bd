import { Matrix, multiply } from "@attgrad/matrix-core";
import { addGradient, type Parameter } from "./parameter.ts";

/** The output of a layer, and its backward pass. */
export interface Pass {
	/** n x d_out, a row a token. */
	readonly output: Matrix;
	/** Adds to the gradients of the layer's parameters, and gives the gradient in the input, n x d_in. */
	backward(gradient: Matrix): Matrix;
}

/** y = x W. Cost 2 n d_in d_out flops forward and twice that backward. */
export function linear(x: Matrix, weight: Parameter): Pass {
	return {
		output: multiply(x, weight.value),
		backward(gradient) {
			addGradient(weight, multiply(x, gradient, { transposeA: true }));
			return multiply(gradient, weight.value, { transposeB: true });
		},
	};
}

/** The row of a table for each token. Its backward pass adds to the gradient of the table; there is no input to differentiate. */
export function embedding(tokens: Int32Array, table: Parameter): { output: Matrix; backward(gradient: Matrix): void } {
	const { cols } = table.value;
	const output = Matrix.zeros(tokens.length, cols);
	for (let row = 0; row < tokens.length; row++) output.row(row).set(table.value.row(tokens[row]));
	return {
		output,
		backward(gradient) {
			const into = table.gradient.data;
			for (let row = 0; row < tokens.length; row++)
				for (let i = 0, at = tokens[row] * cols; i < cols; i++) into[at + i] += gradient.data[row * cols + i];
		},
	};
}

/** Added to the mean square of a row before the root, so that a row of zeros has a norm. */
const SMALL = 1e-5;

/** Root-mean-square normalisation with a gain a column: y = gain ∘ x / √(mean x² + 1e-5), row by row. `gain` is 1 x d. */
export function rmsNorm(x: Matrix, gain: Parameter): Pass {
	const { rows, cols } = x;
	const output = Matrix.zeros(rows, cols);
	const inverse = new Float64Array(rows);
	for (let row = 0; row < rows; row++) {
		let sum = 0;
		for (let i = 0; i < cols; i++) sum += x.data[row * cols + i] ** 2;
		inverse[row] = 1 / Math.sqrt(sum / cols + SMALL);
		for (let i = 0; i < cols; i++)
			output.data[row * cols + i] = x.data[row * cols + i] * inverse[row] * gain.value.data[i];
	}
	return {
		output,
		backward(gradient) {
			const into = Matrix.zeros(rows, cols);
			for (let row = 0; row < rows; row++) {
				const [at, r] = [row * cols, inverse[row]];
				let along = 0;
				for (let i = 0; i < cols; i++) {
					const normal = x.data[at + i] * r;
					gain.gradient.data[i] += gradient.data[at + i] * normal;
					along += gradient.data[at + i] * gain.value.data[i] * normal;
				}
				for (let i = 0; i < cols; i++)
					into.data[at + i] = r * (gradient.data[at + i] * gain.value.data[i] - (along / cols) * x.data[at + i] * r);
			}
			return into;
		},
	};
}

/** SiLU, x / (1 + e^−x), entry by entry. */
export function silu(x: Matrix): Pass {
	const gate = Float64Array.from(x.data, (value) => 1 / (1 + Math.exp(-value)));
	const entries = (entry: (at: number) => number): Matrix => {
		const made = Matrix.zeros(x.rows, x.cols);
		for (let at = 0; at < made.data.length; at++) made.data[at] = entry(at);
		return made;
	};
	return {
		output: entries((at) => x.data[at] * gate[at]),
		backward: (gradient) => entries((at) => gradient.data[at] * gate[at] * (1 + x.data[at] * (1 - gate[at]))),
	};
}

/** Two linear layers with SiLU between them. */
export function mlp(x: Matrix, first: Parameter, second: Parameter): Pass {
	const inner = linear(x, first);
	const active = silu(inner.output);
	const outer = linear(active.output, second);
	return {
		output: outer.output,
		backward: (gradient) => inner.backward(active.backward(outer.backward(gradient))),
	};
}
