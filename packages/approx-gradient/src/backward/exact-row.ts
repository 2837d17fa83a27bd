import { normUp, RelativeRounding } from "../error-bound/index.ts";
import { normAt, type Part } from "./part.ts";
import type { PartResults } from "./part-results.ts";
import { type RowBounds, rowFacts, SLACK, scoreErrorOf } from "./row-bounds.ts";

const u = 2 ** -53;

/** Rows that no polynomial serves: computed from the definition, over the keys that they see. O(n_k (d + d_v)) a row. */
export class ExactRows {
	readonly #part: Part;
	readonly #results: PartResults;
	readonly #bounds: RowBounds;
	readonly #weights: Float64Array;
	readonly #query: Float64Array;
	readonly #facts;
	readonly #keyRounding: number;
	/** The keys that the sizes in #facts are of. */
	#seen = { lo: -1, hi: -1 };

	constructor(part: Part, results: PartResults, bounds: RowBounds) {
		this.#part = part;
		this.#results = results;
		this.#bounds = bounds;
		this.#weights = new Float64Array(part.keys);
		this.#query = new Float64Array(part.d);
		this.#facts = rowFacts(part.d, part.d_v);
		this.#keyRounding = RelativeRounding.roundings(part.group * part.queries + part.d + part.d_v + 40).bound;
	}

	/** Adds everything of a row; j is its place in its head. Its output and lse, too. */
	add(row: number, j: number): void {
		const { intervals, d, d_v, q, nu, v } = this.#part;
		const [lo, hi] = [intervals.lo[j], intervals.hi[j]];
		const { output, lse } = this.#results;
		if (lo === hi) return;
		this.#results.exactRows++;
		for (let b = 0; b < d; b++) this.#query[b] = q[row * d + b] + nu[b];
		const facts = this.#facts;
		const least = this.#softmax(row, lo, hi);
		lse[row] = least;
		const [weights, own] = [this.#weights, output.subarray(row * d_v, (row + 1) * d_v)];
		for (let l = lo, at = lo * d_v; l < hi; l++) for (let i = 0; i < d_v; i++, at++) own[i] += weights[l] * v[at];
		const gradient = this.#gradients(row, lo, hi);
		facts.outputNorm = normAt(output, row, d_v);
		facts.rounding = RelativeRounding.roundings(hi - lo + d + d_v + 40).bound;
		facts.keyRounding = this.#keyRounding;
		// Σ f ‖v - o‖² and Σ f ‖k‖² are at most twice what they are about any point, and that.
		facts.valueSquares = 4 * facts.valueNorm ** 2;
		facts.keySquares = facts.key.reduce((sum, x) => sum + x * x, 0);
		facts.valueErrors = facts.error * facts.valueNorm ** 2;
		facts.keyErrors = facts.error * facts.keySquares;
		// A query that sees one key has its weight 1, exactly, and no gradient.
		if (hi - lo === 1) [facts.error, facts.valueErrors, facts.keyErrors, facts.rounding] = [0, 0, 0, 0];
		this.#bounds.set(row, facts, gradient);
	}

	/** Weights of the keys lo..hi-1, and what is known of their errors: gives ln Σ e^score. */
	#softmax(row: number, lo: number, hi: number): number {
		const { k, d, keyNorm } = this.#part;
		const weights = this.#weights;
		const query = this.#query;
		const facts = this.#facts;
		this.#readReach(lo, hi);
		let top = lo;
		for (let l = lo, at = lo * d; l < hi; l++) {
			let score = 0;
			for (let b = 0; b < d; b++, at++) score += query[b] * k[at];
			weights[l] = score;
			if (score > weights[top]) top = l;
		}
		const queryNorm = normAt(query, 0, d) + normAt(this.#part.q, row, d);
		const nuNorm = normAt(this.#part.nu, 0, d);
		const largest = weights[top];
		const topError = scoreErrorOf(this.#part, queryNorm, keyNorm[top], nuNorm);
		// The error of a score grows with the length of its key by so much.
		const least = scoreErrorOf(this.#part, queryNorm, 0, nuNorm);
		const slope = SLACK * (scoreErrorOf(this.#part, queryNorm, 1, nuNorm) - least);
		const base = SLACK * (least + topError);
		let [sum, error, most] = [0, 0, 0];
		for (let l = lo; l < hi; l++) {
			const below = largest - weights[l];
			const weight = Math.exp(-below);
			weights[l] = weight;
			sum += weight;
			if (l === top) continue;
			// Weights are taken against the largest, whose own is 1 then, without an error. e^x - 1 <= x (1 + x) up to 1.
			const off = slope * keyNorm[l] + base + 2 * u * below;
			const moved = off < 1 ? weight * off * (1 + off) : weight + 1.01 * Math.exp(off - below);
			error += moved + 2 ** -1000;
			if (!(moved <= most)) most = moved;
		}
		for (let l = lo; l < hi; l++) weights[l] /= sum;
		const summed = RelativeRounding.roundings(hi - lo + 8).bound;
		facts.error = error / sum + summed;
		facts.normaliser = 1 - summed;
		facts.scoreError = 0;
		facts.largestWeight = (1 + summed) / sum;
		facts.largestError = most / sum;
		return largest + Math.log(sum);
	}

	/** The largest |v_i|, |k_b| and ‖v‖ of the keys lo..hi-1, which most rows have in common. */
	#readReach(lo: number, hi: number): void {
		if (this.#seen.lo === lo && this.#seen.hi === hi) return;
		this.#seen = { lo, hi };
		const { k, v, d, d_v } = this.#part;
		const { key, value } = this.#facts;
		key.fill(0);
		value.fill(0);
		for (let l = lo; l < hi; l++) {
			for (let b = 0; b < d; b++) key[b] = Math.max(key[b], Math.abs(k[l * d + b]));
			for (let i = 0; i < d_v; i++) value[i] = Math.max(value[i], Math.abs(v[l * d_v + i]));
		}
		this.#facts.valueNorm = normUp(value);
	}

	/** Adds to dQ, dK and dV: gives the length of what goes to dQ. */
	#gradients(row: number, lo: number, hi: number): number {
		const { k, v, d, d_v, upstream } = this.#part;
		const { output, dQ, dK, dV } = this.#results;
		const [weights, query] = [this.#weights, this.#query];
		const up = upstream.subarray(row * d_v, (row + 1) * d_v);
		const own = dQ.subarray(row * d, (row + 1) * d);
		let delta = 0;
		for (let i = 0; i < d_v; i++) delta += up[i] * output[row * d_v + i];
		for (let l = lo; l < hi; l++) {
			const weight = weights[l];
			let product = 0;
			for (let i = 0, at = l * d_v; i < d_v; i++, at++) {
				product += up[i] * v[at];
				dV[at] += weight * up[i];
			}
			const dS = hi - lo === 1 ? 0 : weight * (product - delta);
			for (let b = 0, at = l * d; b < d; b++, at++) {
				own[b] += dS * k[at];
				dK[at] += dS * query[b];
			}
		}
		return normAt(dQ, row, d);
	}
}
