import { Matrix, seededRandom } from "@attgrad/matrix-core";
import { sizeUp } from "../../../error-bound/index.ts";
import { DEVIATION_CHOICES, deviation } from "../../../polynomial/gauss/pairs/concentration.ts";
import { type DrawnKey, KeyDraw } from "./key-draw.ts";
import { KeySizes } from "./key-sizes.ts";
import { RowBounds } from "./row-ranges.ts";
import type { SampledHead } from "./sampled-head.ts";
import { KINDS, SampledRow } from "./sampled-row.ts";

/** Covers roundings of draws, sizes and sums: this many for each row, key and draw, of numbers up to 512 times as large. */
const SLACK = 2 ** -52 * 64 * 512;

/** Sizes within which no product of bounds leaves the normal range. */
const LARGEST = 2 ** 100;

/** At least this part of all draws is of pairs, and of triples. */
const LEAST_SHARE = 0.1;

/** Part of a run's time that draws take, the operations of a run in the time of a draw, and how many there are at least and at most. */
const DRAWS = { share: 0.25, operations: 6000, least: 2 ** 12, most: 2 ** 24 } as const;

/** Draws for a run of n tokens of width d with K features: they take about a quarter of its time. */
export const drawsOf = (n: number, d: number, K: number): number =>
	Math.min(
		DRAWS.most,
		Math.max(DRAWS.least, Math.round((DRAWS.share * n * 8 * K * (K + d * d + 2 * d)) / DRAWS.operations)),
	);

/** Coins of a certificate. */
export interface Coins {
	/** Chance that the bound fails. */
	readonly failure: number;
	readonly seed: number;
}

/** A bound that holds but for the coins' chance. */
export interface SampledError {
	/** At least |Σ_j A1_ja (Ĝ~ − Ĝ)_jb| for all a and b. */
	readonly bound: number;
	/** Pairs that were drawn: a triple of a query and two keys counts as two. */
	readonly pairs: number;
}

/** Ranges of all rows. */
interface Ranges {
	readonly row: SampledRow;
	/** By row, times the largest |A1_ja|: of the first order; of each kind of square. */
	readonly first: Float64Array;
	readonly squares: Float64Array;
	/** Σ of what is bounded without draws. */
	readonly rest: number;
}

/**
 * Bounds the error of the method by pairs of a query and a key, and by triples of a query and two keys (paper.md 14.8).
 *
 * The sum of first order is the mean of numbers within its range R₁ = Σ_j max_a |A1_ja| α_j / D̃_j Σ_l β_l w_l; all that is left has a bound by squares of
 * sums over keys, which are means over triples within a range R₂. What a sample of m tells of a mean is about 37 ranges over m, since nearly all
 * numbers are far below their range. O(n (d² + d d_v)) for the ranges, O(K + d d_v) a pair.
 *
 * @param draws pairs and triples in all
 * @returns undefined where nothing can be drawn
 */
export function sampledError(head: SampledHead, draws: number, { failure, seed }: Coins): SampledError | undefined {
	const { beta, values, keys, unit, features } = head;
	if (!serves(head)) return undefined;
	const sizes = new KeySizes(values, keys, beta);
	const rounding = sizes.sumsOf(features.keys.side.sizes.map((weight) => (unit * weight) / 2 + 2 ** -500));
	const ranges = rangesOf(head, sizes, new RowBounds(head, rounding));
	const [first, second] = [cumulated(ranges.first), cumulated(ranges.squares)];
	const total = { first: first.at(-1) ?? 0, second: second.at(-1) ?? 0 };
	if (!Number.isFinite(total.first + total.second + ranges.rest)) return undefined;
	if (total.first === 0) return { bound: ranges.rest, pairs: 0 };
	const share = Math.sqrt(total.second) / (Math.sqrt(total.first) + Math.sqrt(total.second));
	const triples = Math.round(draws * Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share)));
	const counts = { first: draws - triples, second: triples };
	const random = seededRandom(seed, "pairs");
	const drawn = {
		first: countsOf(first, counts.first, () => random.uniform()),
		second: countsOf(second, counts.second, () => random.uniform()),
	};
	const means = new DrawnMeans(head, ranges.row, new KeyDraw(head, sizes, random));
	for (let j = 0; j < beta.length; j++)
		means.add(j, drawn.first[j], drawn.second.subarray(j * KINDS, (j + 1) * KINDS));
	const events = DEVIATION_CHOICES * keys.cols * (2 * head.inputs.cols + 1);
	const log = Math.log(events / failure);
	const slack = SLACK * (beta.length + draws + 64);
	const added = (ranges.rest + slack * (total.first + total.second)) * (1 + slack);
	const sampled =
		total.first * means.first(counts.first, log) + total.second * means.second(counts.second, log);
	return { bound: (sampled + added) * (1 + slack), pairs: counts.first + 2 * counts.second };
}

/** Whether sizes are such that no bound on a pair leaves the range of numbers. */
function serves({ valueHalf, keyHalf, inputs, beta }: SampledHead): boolean {
	const within = (x: number): boolean => x > 1 / LARGEST && x < LARGEST;
	return [valueHalf, keyHalf, inputs.data, beta].map(sizeUp).every(within);
}

/** Ranges of all rows: those that nothing is drawn of add what is proved. */
function rangesOf(head: SampledHead, keys: KeySizes, bounds: RowBounds): Ranges {
	const { inputs, proved, isSampled } = head;
	const n = inputs.rows;
	const row = new SampledRow(head, keys);
	const [first, squares] = [new Float64Array(n), new Float64Array(n * KINDS)];
	let rest = 0;
	for (let j = 0; j < n; j++) {
		const factor = largestOf(inputs, j);
		if (factor === 0 || !isSampled(j)) continue;
		row.read(j);
		const own = bounds.of(j, row);
		if (!own) {
			rest += factor * proved[j];
			continue;
		}
		first[j] = factor * own.first;
		for (let kind = 0; kind < KINDS; kind++) squares[j * KINDS + kind] = factor * own.squares[kind];
		rest += factor * own.added;
	}
	return { row, first, squares, rest };
}

function largestOf({ cols, data }: Matrix, j: number): number {
	let most = 0;
	for (let a = 0; a < cols; a++) most = Math.max(most, Math.abs(data[j * cols + a]));
	return most;
}

function cumulated(weights: Float64Array): Float64Array {
	let sum = 0;
	return weights.map((weight) => (sum += weight));
}

/** How often each place comes among `draws` independent ones. */
function countsOf(cumulative: Float64Array, draws: number, uniform: () => number): Uint32Array {
	const counts = new Uint32Array(cumulative.length);
	const total = cumulative.at(-1) ?? 0;
	if (!(total > 0)) return counts;
	for (let draw = 0; draw < draws; draw++) {
		const at = uniform() * total;
		let [low, high] = [0, cumulative.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (cumulative[middle] > at) high = middle;
			else low = middle + 1;
		}
		counts[low]++;
	}
	return counts;
}

/** Sums over draws of numbers in −1..1, the parts of their ranges. */
class DrawnMeans {
	readonly #head: SampledHead;
	readonly #row: SampledRow;
	readonly #draw: KeyDraw;
	readonly #keys: readonly [DrawnKey, DrawnKey];
	/** Of L, d x d, and of squares, d: Σ X and Σ X². */
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

	/** Draws `pairs` of row j, and triples of each kind. */
	add(j: number, pairs: number, triples: Uint32Array): void {
		if (pairs === 0 && triples.every((count) => count === 0)) return;
		this.#row.read(j);
		if (pairs > 0) this.#addPairs(j, pairs);
		for (let kind = 0; kind < KINDS; kind++)
			for (let draw = 0; draw < triples[kind]; draw++) this.#addTriple(j, kind);
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

	/** At least the size of the mean of each entry of L, but for the chance of the events. */
	first(count: number, log: number): number {
		let most = 0;
		for (let at = 0; at < this.#first[0].data.length; at++) {
			const width = deviation({ squares: this.#first[1].data[at], range: 1 + 1e-6 }, log);
			most = Math.max(most, Math.abs(this.#first[0].data[at]) + width);
		}
		return most / count;
	}

	/** At least the mean of the squares. */
	second(count: number, log: number): number {
		let most = 0;
		for (let b = 0; b < this.#second[0].length; b++) {
			const width = deviation({ squares: this.#second[1][b], range: 1 + 1e-6 }, log);
			most = Math.max(most, this.#second[0][b] + width);
		}
		return most / count;
	}
}

const clipped = (x: number): number => Math.max(-1, Math.min(1, x));

function dot(x: Float64Array, y: Float64Array): number {
	let sum = 0;
	for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
	return sum;
}
