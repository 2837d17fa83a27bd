import { type AttentionStack, joinHeads } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";
import { over, plus, sumUp, times } from "../error-bound/index.ts";
import type { ProvedPass } from "./proved-pass.ts";
import { frobenius, largest, pairs, productRounding, rowLengths } from "./sizes.ts";

/**
 * Perturbations of a layer that explain what was computed, each against the size of what it is added to (against 1 where that is 0): the
 * longest row of an output, the sum of the lengths of the rows of a gradient.
 */
export interface LayerPerturbation {
	/** Bias on the attention's output. */
	readonly output: number;
	/** Linear losses in queries, keys and values. */
	readonly dQ: number;
	readonly dK: number;
	readonly dV: number;
	/** The largest of those that stand for rounding in the products with weights and the sums. */
	readonly rounding: number;
}

/**
 * The mixed-stability certificate of a layer (backward.md Theorem A.4): what was computed is forward and backward of the layer with a bias on its
 * attention's output and linear losses in its queries, keys and values, with biases and linear losses for rounding besides. Nothing is carried from
 * layer to layer.
 */
export function perturbationOf(stack: AttentionStack, pass: ProvedPass): LayerPerturbation {
	const { attended, gradients } = pass;
	const { width } = stack;
	const gradient = (name: "dQ" | "dK" | "dV"): number => {
		// A bound holds for each entry of a row.
		const rows = sumUp(gradients.rowBounds[name].map((bound) => times(Math.sqrt(width), bound)));
		return relative(rows, least(sumUp(rowLengths(gradients[name]))));
	};
	return {
		output: relative(largest(attended.rowBounds), least(largest(rowLengths(attended.output)))),
		...{ dQ: gradient("dQ"), dK: gradient("dK"), dV: gradient("dV") },
		rounding: roundingOf(stack, pass),
	};
}

/** The largest perturbation of a layer. */
export const largestPerturbation = ({ output, dQ, dK, dV, rounding }: LayerPerturbation): number =>
	Math.max(output, dQ, dK, dV, rounding);

/** At most a norm that was rounded up. */
const least = (norm: number): number => norm * (1 - 2 ** -30);

const relative = (bound: number, size: number): number => over(bound, size > 0 ? size : 1);

function roundingOf({ n, d, heads, residual }: AttentionStack, pass: ProvedPass): number {
	const { input, operands, attended, weights, upstream, gradients, dO, dWeights } = pass;
	const wide = weights.Q.cols;
	const inputs = rowLengths(input);
	const parts: number[] = [];
	/** Adds a product of rows of these lengths with a matrix, against what was computed; in the longest row, or in all. */
	const product = (rows: number, depth: number, B: Matrix, size: number, count = 1): void => {
		parts.push(relative(productRounding(depth, rows, frobenius(B), count * B.cols + B.rows), least(size)));
	};
	for (const name of ["Q", "K", "V"] as const)
		product(largest(inputs), d, weights[name], largest(rowLengths(joinHeads(operands[name], heads))));
	const joined = joinHeads(attended.output, heads);
	const upstreams = rowLengths(upstream);
	if (weights.W_O) {
		product(largest(rowLengths(joined)), wide, weights.W_O, largest(rowLengths(pass.made)));
		product(sumUp(upstreams), d, weights.W_O, sumUp(rowLengths(joinHeads(dO, heads))), n);
		parts.push(weightRounding(n, rowLengths(joined), upstreams, dWeights.W_O));
	}
	// Sums of the input and the output, and of up to four cotangents, each within the rounding of its terms.
	if (residual) parts.push(2 ** -52);
	let terms = residual ? sumUp(upstreams) : 0;
	for (const [name, gradient] of [
		["Q", "dQ"],
		["K", "dK"],
		["V", "dV"],
	] as const) {
		const rows = joinHeads(gradients[gradient], heads);
		const lengths = rowLengths(rows);
		const carried = times(sumUp(lengths), frobenius(weights[name]));
		terms = plus(terms, carried);
		product(sumUp(lengths), wide + 3, weights[name], sumUp(rowLengths(pass.dInput)), n);
		parts.push(weightRounding(n, inputs, lengths, dWeights[name]));
	}
	parts.push(relative(times(4 * 2 ** -53, terms), least(sumUp(rowLengths(pass.dInput)))));
	return largest(parts);
}

/** The rounding error of a gradient Aᵀ G in weights, relative to its Frobenius norm. */
function weightRounding(n: number, A: Float64Array, G: Float64Array, computed: Matrix | undefined): number {
	if (!computed) return 0;
	const size = least(frobenius(computed));
	return relative(productRounding(n, pairs(A, G), 1, computed.rows * computed.cols), size);
}
