import {
	type AttentionOperands,
	type BackwardProblem,
	type Head,
	headsOf,
	type KeyIntervals,
	visibleKeys,
	visiblePairs,
} from "@attgrad/attention-problem";
import { type Matrix, materialise, nextTurn, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import { emptyResults, type FullResult, finishResults, type HeadResults } from "./results.ts";

/** Visible pairs between two turns of the event loop, divided by the widths: some 50 ms. */
const TURN = 1e7;

/**
 * The backward pass in plain TypeScript, a query at a time over the keys that it sees (backward.md A1, strips of one row), in double
 * precision: 6 (d + d_v) flops and one exponential a visible pair, memory O(n (d + d_v)). No n_q x n_k matrix exists.
 * @param intervals the keys that each query of a head sees; default: those of the problem's visibility
 * @throws ComputationError where a number is not finite
 */
export async function streamingBackward(
	problem: BackwardProblem<RowSource>,
	onProgress?: ProgressReport,
	intervals?: KeyIntervals,
): Promise<FullResult> {
	return finishResults("streaming", await streamingPass(problem, onProgress, false, intervals), problem.Q.dtype);
}

/**
 * The results of `streamingBackward` in double precision, and half the squared norm of the residuals.
 * @param residual whether dO holds targets, and the upstream gradient is the output less those
 * @param intervals the keys that each query of a head sees; default: those of the problem's visibility
 */
export async function streamingPass(
	problem: BackwardProblem<RowSource>,
	onProgress?: ProgressReport,
	residual = false,
	intervals = visibleKeys(problem.visibility, problem.n_q, problem.n_k),
): Promise<HeadResults & { readonly loss: number }> {
	const { n_q, d, d_v, batch, heads } = problem;
	const { lo, hi } = intervals;
	const results = emptyResults(problem);
	const total = batch * heads * n_q;
	const pace = (d + d_v) * (visiblePairs({ lo, hi }) / n_q);
	let [work, loss] = [0, 0];
	for (const head of headsOf(problem)) {
		const rows = new QueryRows(head, problem, results, residual);
		for (let j = 0; j < n_q; j++) {
			rows.forward(j, lo[j], hi[j]);
			loss += rows.backward(j, lo[j], hi[j]);
			work += pace;
			if (work < TURN) continue;
			work = 0;
			onProgress?.(head.index * n_q + j + 1, total);
			await nextTurn();
		}
	}
	return { ...results, loss: loss / 2 };
}

/** The output and lse alone: 2 (d + d_v) flops and one exponential a visible pair. */
export async function streamingOutput(
	operands: AttentionOperands<RowSource>,
	onProgress?: ProgressReport,
): Promise<Pick<HeadResults, "output" | "lse">> {
	const { n_q, n_k, batch, heads } = operands;
	const { lo, hi } = visibleKeys(operands.visibility, n_q, n_k);
	const results = emptyResults(operands);
	for (const head of headsOf(operands)) {
		const rows = new QueryRows(head, operands, results, false);
		for (let j = 0; j < n_q; j++) rows.forward(j, lo[j], hi[j]);
		onProgress?.((head.index + 1) * n_q, batch * heads * n_q);
		await nextTurn();
	}
	return results;
}

/** The queries of a head, one after the other. */
class QueryRows {
	readonly #head: Record<"Q" | "K" | "V" | "dO", Matrix>;
	readonly #results: HeadResults;
	readonly #scale: number;
	readonly #residual: boolean;
	/** Weights, then dS, of the visible keys of a query. */
	readonly #weights: Float64Array;

	constructor(
		head: Head<RowSource>,
		{ n_q, n_k, scale }: AttentionOperands<RowSource>,
		all: HeadResults,
		residual: boolean,
	) {
		const wide = (source: RowSource) => materialise(source).as("f64");
		this.#head = { Q: wide(head.Q), K: wide(head.K), V: wide(head.V), dO: wide(head.dO ?? head.V) };
		const [query, key] = [head.index * n_q, head.keyIndex * n_k];
		this.#results = {
			output: all.output.slice(query, query + n_q),
			lse: all.lse.subarray(query, query + n_q),
			dQ: all.dQ.slice(query, query + n_q),
			dK: all.dK.slice(key, key + n_k),
			dV: all.dV.slice(key, key + n_k),
		};
		this.#scale = scale;
		this.#residual = residual;
		this.#weights = new Float64Array(n_k);
	}

	/** The output and lse of query j, which sees the keys lo..hi-1. */
	forward(j: number, lo: number, hi: number): void {
		const { Q, V } = this.#head;
		const { output, lse } = this.#results;
		const [weights, o, d_v] = [this.#weights, output.row(j), V.cols];
		if (lo < hi) lse[j] = this.#softmax(Q.row(j), lo, hi);
		for (let l = lo; l < hi; l++) for (let i = 0; i < d_v; i++) o[i] += weights[l] * V.data[l * d_v + i];
	}

	/** The gradients of query j, after its `forward`; gives the squared norm of its residual where there are targets. */
	backward(j: number, lo: number, hi: number): number {
		const { Q, K, V, dO } = this.#head;
		const { output, dQ, dK, dV } = this.#results;
		const [d, d_v, scale] = [K.cols, V.cols, this.#scale];
		const [query, o, gradient] = [Q.row(j), output.row(j), dQ.row(j)];
		const upstream = this.#residual ? Float64Array.from(o, (x, i) => x - dO.at(j, i)) : dO.row(j);
		let delta = 0;
		for (let i = 0; i < d_v; i++) delta += upstream[i] * o[i];
		for (let l = lo; l < hi; l++) {
			const weight = this.#weights[l];
			let product = 0;
			for (let i = 0, at = l * d_v; i < d_v; i++, at++) {
				product += upstream[i] * V.data[at];
				dV.data[at] += weight * upstream[i];
			}
			// a query that sees one key has no gradient, whatever rounding makes of its output
			const dS = hi - lo === 1 ? 0 : scale * weight * (product - delta);
			for (let b = 0, at = l * d; b < d; b++, at++) {
				gradient[b] += dS * K.data[at];
				dK.data[at] += dS * query[b];
			}
		}
		if (!this.#residual) return 0;
		let squares = 0;
		for (const x of upstream) squares += x * x;
		return squares;
	}

	/** Puts the softmax over the keys lo..hi-1 into the weights; gives ln Σ e^score. */
	#softmax(query: Matrix["data"], lo: number, hi: number): number {
		const { K } = this.#head;
		const weights = this.#weights;
		let largest = Number.NEGATIVE_INFINITY;
		for (let l = lo; l < hi; l++) {
			let score = 0;
			for (let b = 0, at = l * K.cols; b < K.cols; b++, at++) score += query[b] * K.data[at];
			weights[l] = this.#scale * score;
			if (weights[l] > largest) largest = weights[l];
		}
		let sum = 0;
		for (let l = lo; l < hi; l++) sum += weights[l] = Math.exp(weights[l] - largest);
		for (let l = lo; l < hi; l++) weights[l] /= sum;
		return largest + Math.log(sum);
	}
}
