import { setImmediate as nextTurn } from "node:timers/promises";
import {
	type BackwardProblem,
	type BackwardResult,
	type Head,
	headsOf,
	visibleKeys,
	visiblePairs,
} from "@attgrad/attention-problem";
import { type Matrix, materialise, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import { emptyResults, finishResults, type HeadResults } from "./results.ts";

/** Visible pairs between two turns of the event loop, divided by the widths: some 50 ms. */
const TURN = 1e7;

/**
 * The backward pass in plain TypeScript, a query at a time over the keys that it sees (backward.md A1, strips of one row), in double
 * precision: 6 (d + d_v) flops and one exponential a visible pair, memory O(n (d + d_v)). No n_q x n_k matrix exists.
 * @throws ComputationError where a number is not finite
 */
export async function streamingBackward(
	problem: BackwardProblem<RowSource>,
	onProgress?: ProgressReport,
): Promise<BackwardResult> {
	const { n_q, n_k, d, d_v, batch, heads } = problem;
	const { lo, hi } = visibleKeys(problem.visibility, n_q, n_k);
	const results = emptyResults(problem);
	const total = batch * heads * n_q;
	const pace = (d + d_v) * (visiblePairs({ lo, hi }) / n_q);
	let work = 0;
	for (const head of headsOf(problem)) {
		const rows = new QueryRows(head, problem, results);
		for (let j = 0; j < n_q; j++) {
			rows.backward(j, lo[j], hi[j]);
			work += pace;
			if (work < TURN) continue;
			work = 0;
			onProgress?.(head.index * n_q + j + 1, total);
			await nextTurn();
		}
	}
	return finishResults("streaming", results, problem.Q.dtype);
}

/** The queries of a head, one after the other. */
class QueryRows {
	readonly #head: Record<"Q" | "K" | "V" | "dO", Matrix>;
	readonly #results: HeadResults;
	readonly #scale: number;
	/** Weights, then dS, of the visible keys of a query. */
	readonly #weights: Float64Array;

	constructor(head: Head<RowSource>, { n_q, n_k, scale }: BackwardProblem<RowSource>, all: HeadResults) {
		const wide = (source: RowSource | undefined) => materialise(source as RowSource).as("f64");
		this.#head = { Q: wide(head.Q), K: wide(head.K), V: wide(head.V), dO: wide(head.dO) };
		const [query, key] = [head.index * n_q, head.keyIndex * n_k];
		this.#results = {
			output: all.output.slice(query, query + n_q),
			lse: all.lse.subarray(query, query + n_q),
			dQ: all.dQ.slice(query, query + n_q),
			dK: all.dK.slice(key, key + n_k),
			dV: all.dV.slice(key, key + n_k),
		};
		this.#scale = scale;
		this.#weights = new Float64Array(n_k);
	}

	/** Everything of query j, which sees the keys lo..hi-1. */
	backward(j: number, lo: number, hi: number): void {
		if (lo === hi) return;
		const { Q, K, V, dO } = this.#head;
		const { output, lse, dQ, dK, dV } = this.#results;
		const weights = this.#weights;
		const [d, d_v, scale] = [K.cols, V.cols, this.#scale];
		const [query, upstream, o, gradient] = [Q.row(j), dO.row(j), output.row(j), dQ.row(j)];
		lse[j] = this.#softmax(query, lo, hi);
		for (let l = lo; l < hi; l++) for (let i = 0; i < d_v; i++) o[i] += weights[l] * V.data[l * d_v + i];
		let delta = 0;
		for (let i = 0; i < d_v; i++) delta += upstream[i] * o[i];
		for (let l = lo; l < hi; l++) {
			const weight = weights[l];
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
