import { Matrix } from "@attgrad/matrix-core";
import { deviation } from "../../../polynomial/gauss/pairs/concentration.ts";
import { largestOf } from "./head-ranges.ts";
import type { DrawnKey, KeyDraw } from "./key-draw.ts";
import type { SampledHead } from "./sampled-head.ts";
import { KINDS, type SampledRow } from "./sampled-row.ts";

/** Sums over draws of numbers in −1..1, the parts of their ranges. */
export class DrawnMeans {
	readonly #head: SampledHead;
	readonly #row: SampledRow;
	readonly #draw: KeyDraw;
	readonly #keys: readonly [DrawnKey, DrawnKey];
	/** Pairs that were drawn: a triple counts as two. */
	pairs = 0;
	/** Σ X and Σ X² of the numbers of first order, d x d, and of the squares, d. */
	readonly #first: readonly [Matrix, Matrix];
	readonly #second: readonly [Float64Array, Float64Array];
	/** Numbers of both keys, d each, and Σ X and Σ X² of a row. */
	readonly #numbers: readonly [Float64Array, Float64Array];
	readonly #own: readonly [Float64Array, Float64Array];

	constructor(head: SampledHead, row: SampledRow, draw: KeyDraw) {
		const d = head.keys.cols;
		[this.#head, this.#row, this.#draw] = [head, row, draw];
		this.#keys = [draw.room(), draw.room()];
		this.#first = [Matrix.zeros(head.inputs.cols, d), Matrix.zeros(head.inputs.cols, d)];
		this.#second = [new Float64Array(d), new Float64Array(d)];
		this.#numbers = [new Float64Array(d), new Float64Array(d)];
		this.#own = [new Float64Array(d), new Float64Array(d)];
	}

	/** Draws triples of row j for each kind, and then pairs. */
	add(j: number, counts: Uint32Array): void {
		if (counts.every((count) => count === 0)) return;
		this.#row.read(j);
		for (let kind = 0; kind < KINDS; kind++) {
			this.pairs += 2 * counts[kind];
			for (let draw = 0; draw < counts[kind]; draw++) this.#addTriple(j, kind);
		}
		this.pairs += counts[KINDS];
		if (counts[KINDS] > 0) this.#addPairs(j, counts[KINDS]);
	}

	#addPairs(j: number, pairs: number): void {
		const [sums, squares] = this.#own;
		const [y] = this.#numbers;
		sums.fill(0);
		squares.fill(0);
		for (let draw = 0; draw < pairs; draw++) {
			const [key] = this.#keys;
			this.#draw.draw(j, this.#row, this.#row.envelopes[0], key);
			this.#termsOf(j, key, y);
			for (let b = 0; b < y.length; b++) {
				const x = clipped(key.part * y[b]);
				sums[b] += x;
				squares[b] += x * x;
			}
		}
		const { inputs } = this.#head;
		const largest = largestOf(inputs, j);
		for (let a = 0, at = 0; a < inputs.cols; a++) {
			const share = inputs.data[j * inputs.cols + a] / largest;
			for (let b = 0; b < y.length; b++, at++) {
				this.#first[0].data[at] += share * sums[b];
				this.#first[1].data[at] += share * share * squares[b];
			}
		}
	}

	/** y_lb of a key. */
	#termsOf(j: number, { value, key, cotangent }: DrawnKey, to: Float64Array): void {
		const { gradients } = this.#head;
		const { covariances } = this.#row;
		const d = to.length;
		for (let b = 0; b < d; b++) to[b] = cotangent * key[b] - gradients.data[j * d + b];
		for (let i = 0, at = 0; i < value.length; i++) {
			const own = value[i];
			for (let b = 0; b < d; b++) to[b] += own * covariances[at++];
		}
	}

	/** A query and two keys: the square of the sum of a kind. */
	#addTriple(j: number, kind: number): void {
		const [one, other] = this.#keys;
		const envelope = this.#row.envelopes[kind];
		this.#draw.draw(j, this.#row, envelope, one);
		this.#draw.draw(j, this.#row, envelope, other);
		const part = one.part * other.part;
		const [sums, squares] = this.#second;
		this.#squaresOf(j, kind, one, other);
		const [terms] = this.#numbers;
		for (let b = 0; b < sums.length; b++) {
			const x = clipped(part * terms[b]);
			sums[b] += x;
			squares[b] += x * x;
		}
	}

	/** Products of the numbers of a kind for both keys, for every b, into the first place. */
	#squaresOf(j: number, kind: number, one: DrawnKey, other: DrawnKey): void {
		const [to, beside] = this.#numbers;
		const d = to.length;
		if (kind === 0) {
			this.#termsOf(j, one, to);
			this.#termsOf(j, other, beside);
			for (let b = 0; b < d; b++) to[b] *= beside[b];
		} else if (kind === 1) to.fill(1);
		else if (kind === 2) to.fill(one.cotangent * other.cotangent);
		else if (kind === 3) for (let b = 0; b < d; b++) to[b] = one.key[b] * other.key[b];
		else if (kind === 4) to.fill(dot(one.value, other.value));
		else {
			const { covariances } = this.#row;
			to.fill(0);
			for (let i = 0, at = 0; i < one.value.length; i++)
				for (let b = 0; b < d; b++) {
					const own = covariances[at++];
					to[b] += (one.value[i] * one.key[b] - own) * (other.value[i] * other.key[b] - own);
				}
		}
	}

	/** At least |E Y| + E Z for every entry, as a part of the range, but for the chance of the events. */
	bound(draws: number, log: number): number {
		const [first, second] = [this.#first, this.#second];
		const d = second[0].length;
		let most = 0;
		for (let at = 0; at < first[0].data.length; at++) {
			const squares = first[1].data[at] + second[1][at % d];
			const width = deviation({ squares, range: 1 + 1e-6 }, log);
			most = Math.max(most, Math.abs(first[0].data[at]) + second[0][at % d] + width);
		}
		return most / draws;
	}
}

const clipped = (x: number): number => Math.max(-1, Math.min(1, x));

function dot(x: Float64Array, y: Float64Array): number {
	let sum = 0;
	for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
	return sum;
}
