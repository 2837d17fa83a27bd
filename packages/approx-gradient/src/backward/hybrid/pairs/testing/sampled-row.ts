import { KINDS } from "../head-ranges.ts";
import type { KeySizes, KeySums } from "../key-sizes.ts";
import type { SampledHead } from "../sampled-head.ts";

/** The least part of an envelope that is its constant, so that no key is drawn with a weight below its rounding. */
const FLOOR = 2 ** -9;

/** Covers sizes that are 0, where those of a problem are within 2^±100. */
const TINY = 2 ** -250;

/** A bound on a number of each key, w_l = A + B g_l² + C (p κ_l² + q) + E ‖h_l − õ‖², with Σ β_l w_l. */
export interface Envelope {
	readonly constant: number;
	readonly ofCotangent: number;
	readonly ofKey: number;
	readonly ofValue: number;
	readonly sum: number;
}

/**
 * One row and the sums of its errors over keys. With ε_l = e_jl / D̃_j, h_l − õ, k_l − m̃, g_l = <c̃, h_l − õ> and C = Cov_f̃(h, k), the sums are
 *
 *     x = Σ ε,   L_b = Σ ε y_lb,   S_g = Σ ε g,   S_k = Σ ε (k − m̃),   S_h = Σ ε (h − õ),   M = Σ ε ((h − õ)(k − m̃)ᵀ − C),
 *
 * with y_lb = g_l (k_l − m̃)_b − Ĝ~_b + <h_l − õ, C_·b>. Each has an envelope: |number of key l| <= w_l.
 */
export class SampledRow {
	readonly #head: SampledHead;
	readonly #keys: KeySizes;
	/** õ, m̃ and C, d_v x d, of the row. */
	readonly output: Float64Array;
	readonly keyMean: Float64Array;
	readonly covariances: Float64Array;
	/** Envelopes of y, of 1, g, k − m̃, h − õ and (h − õ)(k − m̃)ᵀ − C. */
	readonly envelopes: Envelope[] = [];
	/** max_b ‖C_·b‖. */
	#largestCovariance = 0;
	/** ‖c̃‖². */
	#cotangent = 0;
	/** p, q: |k_l − m̃|_b² <= p κ_l² + q; ‖h_l − õ‖² and g_l² / ‖c̃‖² the same by ‖h_l − h̄‖². */
	#ofKey: Split = [1, 0];
	#ofValue: Split = [1, 0];
	#ofCotangent: Split = [1, 0];

	constructor(head: SampledHead, keys: KeySizes) {
		const [d_v, d] = [head.values.cols - 1, head.keys.cols];
		this.#head = head;
		this.#keys = keys;
		this.output = new Float64Array(d_v);
		this.keyMean = new Float64Array(d);
		this.covariances = new Float64Array(d_v * d);
	}

	/** Reads a row of the head. */
	read(j: number): void {
		const { normaliser, N, keyMeans, products } = this.#head;
		const [d_v, d] = [this.output.length, this.keyMean.length];
		for (let i = 0; i < d_v; i++) this.output[i] = N.data[j * (d_v + 1) + i] / normaliser[j];
		for (let b = 0; b < d; b++) this.keyMean[b] = keyMeans.data[j * d + b];
		this.#largestCovariance = 0;
		for (let b = 0, at = j * d * (d_v + 1); b < d; b++, at++) {
			let square = 0;
			for (let i = 0; i < d_v; i++) {
				const own = products[at++] / normaliser[j] - this.output[i] * this.keyMean[b];
				this.covariances[i * d + b] = own;
				square += own * own;
			}
			this.#largestCovariance = Math.max(this.#largestCovariance, Math.sqrt(square));
		}
		this.#measure(j);
	}

	/** Distances of the row's means from those of the weights β, and the envelopes. */
	#measure(j: number): void {
		const { cotangents, gradients } = this.#head;
		const { valueCentre, keyCentre, sums, spread, off } = this.#keys;
		const [d_v, d] = [this.output.length, this.keyMean.length];
		const own = j * (d_v + 1);
		let [cotangent, shift, valueShift, keyShift, largest] = [0, 0, 0, 0, 0];
		let [ofCotangent, cotangentOff, valueOff] = [0, 0, 0];
		for (let i = 0; i < d_v; i++) {
			const c = cotangents.data[own + i];
			const away = valueCentre[i] - this.output[i];
			cotangent += c * c;
			shift += c * away;
			valueShift += away * away;
			cotangentOff += c * off[i];
			valueOff += away * off[i];
			let sum = 0;
			for (let k = 0; k < d_v; k++) sum += spread.data[i * d_v + k] * cotangents.data[own + k];
			ofCotangent += c * sum;
		}
		for (let b = 0; b < d; b++) {
			keyShift = Math.max(keyShift, Math.abs(keyCentre[b] - this.keyMean[b]));
			largest = Math.max(largest, Math.abs(gradients.data[j * d + b]));
		}
		this.#cotangent = cotangent;
		this.#ofKey = split(sums.keys / sums.ones, keyShift * keyShift);
		this.#ofValue = split(sums.values / sums.ones, valueShift);
		this.#ofCotangent = split((cotangent * sums.values) / sums.ones, shift * shift);
		const known = {
			g: Math.max(0, ofCotangent + shift * (2 * cotangentOff + shift * sums.ones)),
			k: this.#ofKey[0] * sums.keys + this.#ofKey[1] * sums.ones,
			h: Math.max(0, sums.values + 2 * valueOff + valueShift * sums.ones),
		};
		const C = this.#largestCovariance;
		const root = (square: number): number => Math.sqrt(square / sums.ones) + TINY;
		const [g, k, h] = [root(known.g + cotangent * known.h * 2 ** -20), root(known.k), root(known.h)];
		const made = (A: number, B: number, K: number, E: number): Envelope => this.#envelope(known, A, B, K, E);
		// xy <= (θx² + y²/θ) / 2 with θ from the means of both squares.
		this.envelopes.splice(
			0,
			KINDS,
			made(largest + (C * h) / 2, k / (2 * g), g / (2 * k), C / (2 * h)),
			made(1, 0, 0, 0),
			made(g / 2, 1 / (2 * g), 0, 0),
			made(k / 2, 0, 1 / (2 * k), 0),
			made(h / 2, 0, 0, 1 / (2 * h)),
			made(C, 0, h / (2 * k), k / (2 * h)),
		);
	}

	/** An envelope with Σ β w, its constant raised to a part of the weights that its keys are drawn by. */
	#envelope(
		known: { readonly g: number; readonly k: number; readonly h: number },
		A: number,
		ofCotangent: number,
		ofKey: number,
		ofValue: number,
	): Envelope {
		const { sums } = this.#keys;
		const drawn = this.proposed({ constant: A, ofCotangent, ofKey, ofValue, sum: 0 }, sums);
		const constant = Math.max(A, (FLOOR * drawn) / sums.ones) + TINY;
		const sum = constant * sums.ones + ofCotangent * known.g + ofKey * known.k + ofValue * known.h;
		return { constant, ofCotangent, ofKey, ofValue, sum };
	}

	/** w_l, with g_l and ‖h_l − õ‖² as given. */
	at({ constant, ofCotangent, ofKey, ofValue }: Envelope, l: number, g: number, square: number): number {
		const [p, q] = this.#ofKey;
		return constant + ofCotangent * g * g + ofKey * (p * this.#keys.keySquares[l] + q) + ofValue * square;
	}

	/** Weights of 1, ‖h_l − h̄‖² and κ_l² in a sum that is at least w_l for every key. */
	proposals({ constant, ofCotangent, ofKey, ofValue }: Envelope): readonly [number, number, number] {
		const [[p, q], [r, s], [t, v]] = [this.#ofKey, this.#ofValue, this.#ofCotangent];
		return [
			(constant + ofCotangent * v + ofKey * q + ofValue * s) * (1 + 1e-12),
			(ofCotangent * t * this.#cotangent + ofValue * r) * (1 + 1e-12),
			ofKey * p * (1 + 1e-12),
		];
	}

	/** Σ of these over keys with some weights: at least Σ w. */
	proposed(envelope: Envelope, sums: KeySums): number {
		const [ones, values, keys] = this.proposals(envelope);
		return ones * sums.ones + values * sums.values + keys * sums.keys;
	}
}

/** p and q of (x + y)² <= p x² + q, with p as is best for an x² of this mean. */
type Split = readonly [number, number];

function split(mean: number, square: number): Split {
	if (square === 0) return [1, 0];
	const ratio = mean > 0 ? Math.sqrt(square / mean) : 1;
	return [1 + ratio, square * (1 + 1 / ratio)];
}
