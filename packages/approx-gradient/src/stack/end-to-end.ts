import { type AttentionStack, joinHeads } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";
import { dotUp, maxUp, plus, RelativeRounding, rootUp, sumUp, times } from "../error-bound/index.ts";
import type { ProvedPass } from "./proved-pass.ts";
import { columnsOf, frobenius, largest, pairs, productRounding, rowLengths, spectral, spread } from "./sizes.ts";

/** Bounds on the distance from the exact gradients of the stack: on every entry. Infinity where nothing is proved. */
export interface EndToEnd {
	/** On the length of a row of the last output. */
	readonly output: number;
	readonly dE: number;
	/** Of the weights of each layer. */
	readonly layers: readonly { readonly Q: number; readonly K: number; readonly V: number; readonly W_O?: number }[];
}

/** Bounds on the errors of a head whose layer's input is off by `input` a row. */
interface HeadErrors {
	/** Of a row of queries, keys, values. */
	readonly Q: number;
	readonly K: number;
	readonly V: number;
	/** ‖W_Q‖ and so on, spectral. */
	readonly norms: { readonly Q: number; readonly K: number; readonly V: number; readonly W_O: number };
	readonly queries: Float64Array;
	readonly keySpread: number;
	readonly valueSpread: number;
	/** τ_j: at least how far the weights of each query move. */
	readonly moved: Float64Array;
}

interface LayerErrors {
	readonly input: number;
	readonly heads: readonly HeadErrors[];
	/** Of a row of the joined heads. */
	readonly joined: number;
}

/**
 * The end-to-end bound (backward.md Theorems A.2 and A.3): local bounds and rounding, carried forward and back by norms. Rigorous, and of
 * use for one or two layers, since norms of products multiply up. Cost O(n d (heads · width)) a layer.
 */
export function endToEnd(stack: AttentionStack, passes: readonly ProvedPass[]): EndToEnd {
	const errors: LayerErrors[] = [];
	let row = 0;
	for (const pass of passes) {
		const { layer, output } = forwardErrors(stack, pass, row);
		errors.push(layer);
		row = output;
	}
	let cotangent = 0;
	const layers: EndToEnd["layers"][number][] = [];
	for (const [at, pass] of [...passes.entries()].reverse()) {
		const { weights, input } = backwardErrors(stack, pass, errors[at], cotangent);
		layers.unshift(weights);
		cotangent = input;
	}
	return { output: row, dE: cotangent, layers };
}

const rowsOfHead = (x: Matrix, n: number, head: number): Matrix => x.slice(head * n, (head + 1) * n);

function forwardErrors(
	{ n, d, heads, width, scale, residual }: AttentionStack,
	{ input, operands, attended, weights, output }: ProvedPass,
	row: number,
): { layer: LayerErrors; output: number } {
	const longest = largest(rowLengths(input));
	const squares = new Float64Array(n);
	const all = Array.from({ length: heads }, (_, head): HeadErrors => {
		const own = (x: Matrix): Matrix => columnsOf(x, head * width, (head + 1) * width);
		const [WQ, WK, WV] = [weights.Q, weights.K, weights.V].map(own);
		const off = (W: Matrix, norm: number) => plus(times(norm, row), productRounding(d, longest, frobenius(W), width));
		const norms = {
			...{ Q: spectral(WQ), K: spectral(WK), V: spectral(WV) },
			W_O: weights.W_O ? spectral(weights.W_O.slice(head * width, (head + 1) * width)) : 1,
		};
		const [Q, K, V] = [off(WQ, norms.Q), off(WK, norms.K), off(WV, norms.V)];
		const queries = rowLengths(rowsOfHead(operands.Q, n, head));
		const keySpread = spread(rowsOfHead(operands.K, n, head));
		const valueSpread = spread(rowsOfHead(operands.V, n, head));
		// 2 tanh(ε/2) is at most ε, and at most 2.
		const moved = queries.map((query) =>
			Math.min(2, times(scale, plus(times(Q, keySpread), times(plus(query, Q), K)))),
		);
		for (let j = 0; j < n; j++) {
			const error = plus(plus(times(moved[j], valueSpread), V), attended.rowBounds[head * n + j]);
			squares[j] = plus(squares[j], times(error, error));
		}
		return { Q, K, V, norms, queries, keySpread, valueSpread, moved };
	});
	const joined = rootUp(maxUp(squares));
	const { W_O } = weights;
	const rows = rowLengths(joinHeads(attended.output, heads));
	const after = W_O
		? plus(times(spectral(W_O), joined), productRounding(heads * width, largest(rows), frobenius(W_O), d))
		: joined;
	const added = residual ? plus(row, times(2 ** -52, largest(rowLengths(output)))) : 0;
	return { layer: { input: row, heads: all, joined }, output: plus(after, added) };
}

function backwardErrors(
	stack: AttentionStack,
	pass: ProvedPass,
	{ input: row, heads: all, joined }: LayerErrors,
	cotangent: number,
): { weights: EndToEnd["layers"][number]; input: number } {
	const { n, d, heads, width, residual } = stack;
	const { input, upstream, weights, gradients, attended } = pass;
	const upstreams = rowLengths(upstream);
	const inputs = rowLengths(input);
	const longest = largest(inputs);
	let carried = residual ? cotangent : 0;
	const worst = { Q: 0, K: 0, V: 0 };
	for (const [head, errors] of all.entries()) {
		const from = weights.W_O?.slice(head * width, (head + 1) * width);
		const rounded = from ? productRounding(d, sumUp(upstreams), frobenius(from), n * width) : 0;
		const off = gradientErrors(stack, pass, head, errors, plus(times(errors.norms.W_O, cotangent), rounded));
		for (const [name, gradient] of [
			["Q", "dQ"],
			["K", "dK"],
			["V", "dV"],
		] as const) {
			const lengths = rowLengths(rowsOfHead(gradients[gradient], n, head));
			const sum = sumUp(lengths);
			const entry = plus(times(longest, off[name]), times(row, plus(sum, off[name])));
			worst[name] = Math.max(worst[name], plus(entry, productRounding(n, pairs(inputs, lengths), 1, 1)));
			const W = columnsOf(weights[name], head * width, (head + 1) * width);
			// Products are within the rounding of all columns of the weights, and of the sums that follow.
			const lost = productRounding(heads * width + 4, sum, frobenius(W), n * d);
			carried = plus(carried, plus(times(errors.norms[name], off[name]), lost));
		}
	}
	if (residual) carried = plus(carried, times(RelativeRounding.roundings(4).bound, sumUp(upstreams)));
	if (!weights.W_O) return { weights: worst, input: carried };
	const outputs = rowLengths(joinHeads(attended.output, heads));
	const entry = plus(times(largest(outputs), cotangent), times(joined, plus(sumUp(upstreams), cotangent)));
	return {
		weights: { ...worst, W_O: plus(entry, productRounding(n, pairs(outputs, upstreams), 1, 1)) },
		input: carried,
	};
}

/** Sums of the lengths of the errors of the rows of dQ, dK and dV of a head whose cotangents are off by `cotangent` in sum (Theorem A.2). */
function gradientErrors(
	{ n, width, scale }: AttentionStack,
	{ dO, gradients }: ProvedPass,
	head: number,
	{ Q, K, V, queries, keySpread, valueSpread, moved }: HeadErrors,
	cotangent: number,
): { Q: number; K: number; V: number } {
	const upstreams = rowLengths(rowsOfHead(dO, n, head));
	const reach = plus(valueSpread, V);
	const longest = plus(largest(queries), Q);
	let [query, key] = [0, 0];
	for (let j = 0; j < n; j++) {
		const G = times(upstreams[j], valueSpread);
		const d = plus(times(3, times(moved[j], G)), times(upstreams[j], V));
		query = plus(query, plus(times(d, plus(keySpread, K)), times(G, K)));
		key = plus(key, plus(times(d, plus(queries[j], Q)), times(G, Q)));
	}
	query = plus(query, times(plus(keySpread, K), times(reach, cotangent)));
	key = plus(key, times(longest, times(reach, cotangent)));
	const local = (name: "dQ" | "dK" | "dV"): number =>
		times(rootUp(width), sumUp(gradients.rowBounds[name].subarray(head * n, (head + 1) * n)));
	return {
		Q: plus(times(scale, query), local("dQ")),
		K: plus(times(scale, key), local("dK")),
		V: plus(plus(dotUp(moved, upstreams), cotangent), local("dV")),
	};
}
