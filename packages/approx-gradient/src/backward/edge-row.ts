import type { Chunks } from "./chunks.ts";
import { normAt, type Part } from "./part.ts";
import type { PartResults } from "./part-results.ts";
import { LIMITS } from "./row-bounds.ts";

/** The keys that a row sees outside its chunk's core, exactly: ω_l e^<q, k_l>. */
export class EdgeRow {
	/** Σ ω e^s, and times v, ‖v‖² and ‖k‖². */
	sum = 0;
	readonly values: Float64Array;
	valueSquares = 0;
	keySquares = 0;
	/** The largest weight, and the largest |k_b|, |v_i| and ‖k‖. */
	largest = 0;
	readonly key: Float64Array;
	readonly value: Float64Array;
	keyNorm = 0;
	readonly #part: Part;
	readonly #results: PartResults;
	/** Numbers of the keys, and their weights. */
	readonly #keys: number[] = [];
	readonly #weights: number[] = [];

	constructor(part: Part, results: PartResults) {
		[this.#part, this.#results] = [part, results];
		this.values = new Float64Array(part.d_v);
		this.key = new Float64Array(part.d);
		this.value = new Float64Array(part.d_v);
	}

	/** Reads the edge of a row of query chunk c; false where a score is too large. `place` is the row's in its head. */
	read(row: number, place: number, { size, first, last, keys, intervals }: Chunks, c: number): boolean {
		[this.sum, this.valueSquares, this.keySquares, this.largest, this.keyNorm] = [0, 0, 0, 0, 0];
		for (const numbers of [this.values, this.key, this.value]) numbers.fill(0);
		this.#keys.length = 0;
		this.#weights.length = 0;
		const [from, to] = [first[c] * size, Math.min(keys, last[c] * size)];
		for (let l = intervals.lo[place]; l < from; l++) if (!this.#add(row, l)) return false;
		for (let l = to; l < intervals.hi[place]; l++) if (!this.#add(row, l)) return false;
		return true;
	}

	#add(row: number, l: number): boolean {
		const { q, k, v, d, d_v, omega, keyNorm } = this.#part;
		let [score, squares, values] = [0, 0, 0];
		for (let b = 0; b < d; b++) {
			const x = k[l * d + b];
			score += q[row * d + b] * x;
			squares += x * x;
			this.key[b] = Math.max(this.key[b], Math.abs(x));
		}
		if (!(normAt(q, row, d) * keyNorm[l] <= LIMITS.score)) return false;
		const weight = omega[l] * Math.exp(score);
		for (let i = 0; i < d_v; i++) {
			const x = v[l * d_v + i];
			this.values[i] += weight * x;
			values += x * x;
			this.value[i] = Math.max(this.value[i], Math.abs(x));
		}
		this.sum += weight;
		this.valueSquares += weight * values;
		this.keySquares += weight * squares;
		this.largest = Math.max(this.largest, weight);
		this.keyNorm = Math.max(this.keyNorm, keyNorm[l]);
		this.#keys.push(l);
		this.#weights.push(weight);
		return true;
	}

	/** Adds the edge to dQ, dK and dV, with the row's (dO, -Δ) / D in column j of a block. */
	addGradients(row: number, cotangents: Float64Array, j: number, count: number): void {
		const { q, k, v, d, d_v, nu } = this.#part;
		const { dQ, dK, dV } = this.#results;
		for (let at = 0; at < this.#keys.length; at++) {
			const [l, weight] = [this.#keys[at], this.#weights[at]];
			let product = cotangents[d_v * count + j];
			for (let i = 0; i < d_v; i++) {
				const cotangent = cotangents[i * count + j];
				product += cotangent * v[l * d_v + i];
				dV[l * d_v + i] += weight * cotangent;
			}
			const dS = weight * product;
			for (let b = 0; b < d; b++) {
				dQ[row * d + b] += dS * k[l * d + b];
				dK[l * d + b] += dS * (q[row * d + b] + nu[b]);
			}
		}
	}
}
