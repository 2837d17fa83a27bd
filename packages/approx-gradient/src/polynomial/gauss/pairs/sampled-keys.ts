import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Random, RowSource } from "@attgrad/matrix-core";
import type { FeatureSpace } from "../../method/feature-space.ts";
import { framedKeys } from "../../routes/framed-blocks.ts";

/** Bins of keys by their norm. */
export const BINS = 32;

const BLOCK_KEYS = 1024;

/** All keys, those of like norm side by side. Each takes 2 d + 3 numbers: k and h − η in the frame, ω, ‖h − η‖², ‖k‖². */
export interface SampledKeys {
	readonly n: number;
	readonly stride: number;
	readonly data: Float64Array;
	/** First key of each bin, and n at the end. */
	readonly starts: Int32Array;
}

/**
 * Keys to draw from: each some times over, in an order by coins, so that consecutive places from a random one on are as good as keys
 * that are drawn one by one, and are read in order. Each place has 2 d + 4 numbers: those of its key, and one over the chance of the key.
 */
export interface KeyTable {
	readonly places: number;
	readonly stride: number;
	readonly data: Float64Array;
}

/** Numbers of all keys and of their table, for a problem of so many. */
export const keyNumbers = (n: number, d: number): number => n * (2 * d + 3 + MOST_PLACES * (2 * d + 4) + 1);

/** Places of a key on average, at most. */
const MOST_PLACES = 3;

/**
 * The table of keys whose bins are drawn in proportion to `densities`, but for rounding to whole numbers of places.
 */
export function keyTable(keys: SampledKeys, densities: ArrayLike<number>, random: Random): KeyTable {
	const { n, starts } = keys;
	let mean = 0;
	for (let bin = 0; bin < BINS; bin++) mean += (densities[bin] * (starts[bin + 1] - starts[bin])) / n;
	const times = Int32Array.from({ length: BINS }, (_, bin) => Math.max(1, Math.round((1.5 * densities[bin]) / mean)));
	let places = 0;
	for (let bin = 0; bin < BINS; bin++) places += times[bin] * (starts[bin + 1] - starts[bin]);
	const order = new Int32Array(places);
	for (let bin = 0, at = 0; bin < BINS; bin++)
		for (let key = starts[bin]; key < starts[bin + 1]; key++) for (let i = 0; i < times[bin]; i++) order[at++] = key;
	for (let at = places - 1; at > 0; at--) {
		const other = random.integer(0, at);
		[order[at], order[other]] = [order[other], order[at]];
	}
	const stride = keys.stride + 1;
	const data = new Float64Array(places * stride);
	const chances = new Float64Array(n);
	for (let bin = 0; bin < BINS; bin++) chances.fill(places / times[bin], starts[bin], starts[bin + 1]);
	for (let at = 0; at < places; at++) {
		const from = order[at] * keys.stride;
		for (let i = 0; i < keys.stride; i++) data[at * stride + i] = keys.data[from + i];
		data[at * stride + stride - 1] = chances[order[at]];
	}
	return { places, stride, data };
}

/** Reads the keys of a problem and sorts them into bins. O(n d) time and memory. */
export function sampledKeys(problem: AttentionProblem<RowSource>, { frame, keyNorm }: FeatureSpace): SampledKeys {
	const { n, d } = problem;
	const stride = 2 * d + 3;
	const read = new Float64Array(n * stride);
	const binOf = new Uint8Array(n);
	const starts = new Int32Array(BINS + 1);
	let from = 0;
	for (const { count, points, weights, values } of framedKeys(problem, frame, BLOCK_KEYS)) {
		for (let l = 0; l < count; l++) {
			const at = (from + l) * stride;
			let [square, keySquare] = [0, 0];
			for (let i = 0; i < d; i++) {
				const [key, value] = [points[i * count + l], values.data[l * d + i]];
				read[at + i] = key;
				read[at + d + i] = value;
				keySquare += key * key;
				square += value * value;
			}
			read[at + 2 * d] = weights[l];
			read[at + 2 * d + 1] = square;
			read[at + 2 * d + 2] = keySquare;
			const bin = Math.min(BINS - 1, Math.floor((BINS * Math.sqrt(keySquare)) / (keyNorm || 1)));
			binOf[from + l] = bin;
			starts[bin + 1]++;
		}
		from += count;
	}
	for (let bin = 0; bin < BINS; bin++) starts[bin + 1] += starts[bin];
	const next = starts.slice();
	const data = new Float64Array(n * stride);
	for (let l = 0; l < n; l++) {
		const to = stride * next[binOf[l]]++;
		for (let i = 0; i < stride; i++) data[to + i] = read[l * stride + i];
	}
	return { n, stride, data, starts };
}
