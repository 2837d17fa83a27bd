import type { HeadSpans } from "./head-spans.ts";
import type { HeadGradients, PlainHead } from "./plain-head.ts";

/** Queries that are computed exactly, and what they add to the gradients of keys and values. */
export class ExactQueries {
	readonly #head: PlainHead;
	readonly #spans: HeadSpans;
	readonly #made: Pick<HeadGradients, "output" | "dQ" | "dK" | "dV">;
	readonly #weights: Float64Array;
	/** How many there have been. */
	count = 0;

	constructor(head: PlainHead, spans: HeadSpans, made: Pick<HeadGradients, "output" | "dQ" | "dK" | "dV">) {
		this.#head = head;
		this.#spans = spans;
		this.#made = made;
		this.#weights = new Float64Array(head.K.rows);
	}

	/** Computes a query against all keys, which are taken about their centre: O(n_k (d + d_v)). */
	add(row: number): void {
		const { Q, K, V, dO, scale } = this.#head;
		const { output, dQ, dK, dV } = this.#made;
		const { keyCentre } = this.#spans;
		const weights = this.#weights;
		const [query, upstream, o, gradient] = [Q.row(row), dO.row(row), output.row(row), dQ.row(row)];
		let [largest, sum, delta] = [Number.NEGATIVE_INFINITY, 0, 0];
		for (let l = 0; l < K.rows; l++) {
			let score = 0;
			for (let b = 0; b < K.cols; b++) score += query[b] * (K.at(l, b) - keyCentre[b]);
			weights[l] = scale * score;
			largest = Math.max(largest, weights[l]);
		}
		for (let l = 0; l < K.rows; l++) sum += weights[l] = Math.exp(weights[l] - largest);
		for (let l = 0; l < K.rows; l++) {
			weights[l] /= sum;
			for (let i = 0; i < V.cols; i++) o[i] += weights[l] * V.at(l, i);
		}
		for (let i = 0; i < V.cols; i++) delta += upstream[i] * o[i];
		for (let l = 0; l < K.rows; l++) {
			let product = 0;
			for (let i = 0; i < V.cols; i++) {
				product += upstream[i] * V.at(l, i);
				dV.row(l)[i] += weights[l] * upstream[i];
			}
			const dS = scale * weights[l] * (product - delta);
			for (let b = 0; b < K.cols; b++) {
				gradient[b] += dS * (K.at(l, b) - keyCentre[b]);
				dK.row(l)[b] += dS * query[b];
			}
		}
		this.count++;
	}
}
