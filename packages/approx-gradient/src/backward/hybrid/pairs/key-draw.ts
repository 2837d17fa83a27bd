import type { Random } from "@attgrad/matrix-core";
import type { KeySizes } from "./key-sizes.ts";
import type { SampledHead } from "./sampled-head.ts";
import type { Envelope, SampledRow } from "./sampled-row.ts";

/** A key that has been drawn for a row. */
export interface DrawnKey {
	/** h_l − õ and k_l − m̃. */
	readonly value: Float64Array;
	readonly key: Float64Array;
	/** g_l. */
	cotangent: number;
	/** e_jl / (α_j β_l w_l): |part · number of the key| <= 1 for the numbers that the envelope bounds. */
	part: number;
}

/** Draws keys of a row in proportion to β_l w_l, and computes the error of their weights. */
export class KeyDraw {
	readonly #head: SampledHead;
	readonly #keys: KeySizes;
	readonly #random: Random;

	constructor(head: SampledHead, keys: KeySizes, random: Random) {
		[this.#head, this.#keys, this.#random] = [head, keys, random];
	}

	/** Room for a key. */
	room(): DrawnKey {
		const { values, keys } = this.#head;
		return { value: new Float64Array(values.cols - 1), key: new Float64Array(keys.cols), cotangent: 0, part: 0 };
	}

	/** Puts a key of row j, which `row` has read, into `to`; what is drawn does not depend on what `to` holds. */
	draw(j: number, row: SampledRow, envelope: Envelope, to: DrawnKey): void {
		const { values, keys, cotangents, beta, alpha } = this.#head;
		const { tables, valueSquares, keySquares, sums } = this.#keys;
		const [d_v, d] = [to.value.length, to.key.length];
		const [ofOnes, ofValues, ofKeys] = row.proposals(envelope);
		const [first, second] = [ofOnes * sums.ones, ofValues * sums.values];
		const total = first + second + ofKeys * sums.keys;
		const random = this.#random;
		while (true) {
			const at = random.uniform() * total;
			const l = tables[at < first ? 0 : at < first + second ? 1 : 2].draw(random);
			let [g, square] = [0, 0];
			for (let i = 0; i < d_v; i++) {
				const away = values.data[l * (d_v + 1) + i] - row.output[i];
				to.value[i] = away;
				g += cotangents.data[j * (d_v + 1) + i] * away;
				square += away * away;
			}
			const w = row.at(envelope, l, g, square);
			if (random.uniform() * (ofOnes + ofValues * valueSquares[l] + ofKeys * keySquares[l]) >= w) continue;
			for (let b = 0; b < d; b++) to.key[b] = keys.data[l * d + b] - row.keyMean[b];
			to.cotangent = g;
			const part = this.errorOf(j, l) / (alpha[j] * beta[l]);
			to.part = Math.max(-1, Math.min(1, part)) / w;
			return;
		}
	}

	/** e_jl: the product of the features less the weight. */
	errorOf(j: number, l: number): number {
		const { queries, keys } = this.#head.features;
		const cols = queries.left.cols;
		const exponent = product(queries.left.data, j * cols, keys.right.data, l * cols, cols);
		const approximate = product(queries.features, j * queries.step, keys.features, l * keys.step, this.#head.rank);
		return approximate - Math.exp(Math.min(0, exponent)) * keys.side.sizes[l];
	}
}

/** Σ x_i y_i from places on, in four sums: one alone waits for each addition. */
function product(x: ArrayLike<number>, at: number, y: ArrayLike<number>, to: number, length: number): number {
	let [a, b, c, d] = [0, 0, 0, 0];
	const end = at + length;
	for (const last = end - 3; at < last; at += 4, to += 4) {
		a += x[at] * y[to];
		b += x[at + 1] * y[to + 1];
		c += x[at + 2] * y[to + 2];
		d += x[at + 3] * y[to + 3];
	}
	for (; at < end; at++, to++) a += x[at] * y[to];
	return a + b + (c + d);
}
