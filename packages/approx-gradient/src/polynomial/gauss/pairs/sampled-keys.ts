import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import { framedKeys } from "../../routes/framed-blocks.ts";

const BLOCK_KEYS = 1024;

const { KEY_BINS, KEY_CHOICES, KEY_WINDOW, KEY_WINDOW_STEP, PAIRS_OF_RUN } = kernelConstants;

/** Bins of keys by their norm. */
export const BINS = KEY_BINS;

/** Keys that follow a bin's own: the first ones again, so that a run may begin at each of its keys. */
const AGAIN = PAIRS_OF_RUN - 1;

/**
 * All keys, those of like norm side by side, in an order within a bin that takes neighbours apart. Each takes 2 d + 3 numbers: k and h − η
 * in the frame, ω, ‖h − η‖², ‖k‖².
 */
export interface SampledKeys {
	readonly stride: number;
	readonly data: Float64Array;
	/** Place of the first key of each bin, and the number of its keys, without those that are there again. */
	readonly starts: Int32Array;
	readonly counts: Int32Array;
}

/** How a key is drawn: one of `KEY_CHOICES` alike, each a bin, and any of its places. */
export interface KeyChoice {
	readonly start: number;
	readonly count: number;
	/** One over the chance that a key of the bin is drawn with. */
	readonly weight: number;
}

/** Numbers of all keys at most, while they are sorted. */
export const keyNumbers = (n: number, d: number): number => (2 * n + BINS * AGAIN) * (2 * d + 4);

/** Choices that draw the keys of a bin in proportion to its density, but for rounding to whole numbers of choices: each bin has one. */
export function keyChoices(
	{ starts, counts }: Pick<SampledKeys, "starts" | "counts">,
	densities: ArrayLike<number>,
): KeyChoice[] {
	let total = 0;
	let bins = 0;
	for (let bin = 0; bin < BINS; bin++) {
		total += densities[bin] * counts[bin];
		if (counts[bin] > 0) bins++;
	}
	// Densities that are all 0, or beyond the range of numbers, tell nothing: any chances will do.
	if (!(total > 0 && total < 1e300)) return keyChoices({ starts, counts }, new Float64Array(BINS).fill(1));
	const times = Array.from({ length: BINS }, (_, bin) =>
		counts[bin] > 0 ? 1 + Math.floor(((KEY_CHOICES - bins) * densities[bin] * counts[bin]) / total) : 0,
	);
	// Choices that rounding down leaves over go to the bin with the most.
	const most = times.indexOf(Math.max(...times));
	times[most] += KEY_CHOICES - times.reduce((sum, x) => sum + x, 0);
	return times.flatMap((many, bin) => {
		const weight = (counts[bin] * KEY_CHOICES) / many;
		return Array.from({ length: many }, () => ({ start: starts[bin], count: counts[bin], weight }));
	});
}

/** Reads the keys of a problem and sorts them into bins. O(n d) time and memory. */
export function sampledKeys(problem: AttentionProblem<RowSource>, { frame, keyNorm }: FeatureSpace): SampledKeys {
	const { n, d } = problem;
	const stride = 2 * d + 3;
	const read = new Float64Array(n * stride);
	const binOf = new Uint8Array(n);
	const counts = new Int32Array(BINS);
	const perNorm = BINS / (keyNorm || 1);
	let at = 0;
	let l = 0;
	for (const { count, points, weights, values } of framedKeys(problem, frame, BLOCK_KEYS)) {
		const { data } = values;
		for (let j = 0; j < count; j++, l++, at += stride) {
			let [square, keySquare] = [0, 0];
			for (let i = 0, from = j * d; i < d; i++, from++) {
				const [key, value] = [points[i * count + j], data[from]];
				read[at + i] = key;
				read[at + d + i] = value;
				keySquare += key * key;
				square += value * value;
			}
			read[at + 2 * d] = weights[j];
			read[at + 2 * d + 1] = square;
			read[at + 2 * d + 2] = keySquare;
			const bin = Math.min(BINS - 1, Math.floor(perNorm * Math.sqrt(keySquare)));
			binOf[l] = bin;
			counts[bin]++;
		}
	}
	return sorted(read, binOf, counts, stride);
}

function sorted(read: Float64Array, binOf: Uint8Array, counts: Int32Array, stride: number): SampledKeys {
	const { starts, places } = binPlaces(counts);
	const steps = Int32Array.from(counts, lastStep);
	const data = new Float64Array(places * stride);
	const next = new Int32Array(BINS);
	for (let l = 0; l < binOf.length; l++) {
		const bin = binOf[l];
		const to = stride * (starts[bin] + placeOf(next[bin]++, counts[bin], steps[bin]));
		for (let k = 0, from = l * stride; k < stride; k++) data[to + k] = read[from + k];
	}
	const keys = { stride, data, starts, counts };
	repeatFirst(keys);
	return keys;
}

/** Where each bin starts, and the number of all places. */
export function binPlaces(counts: Int32Array): { starts: Int32Array; places: number } {
	const starts = new Int32Array(BINS);
	let places = 0;
	for (let bin = 0; bin < BINS; bin++) {
		starts[bin] = places;
		if (counts[bin] > 0) places += counts[bin] + AGAIN;
	}
	return { starts, places };
}

/** Copies the first keys of each bin behind its last. */
export function repeatFirst({ stride, data, starts, counts }: SampledKeys): void {
	for (let bin = 0; bin < BINS; bin++)
		for (let i = 0; counts[bin] > 0 && i < AGAIN; i++) {
			const from = (starts[bin] + (i % counts[bin])) * stride;
			data.copyWithin((starts[bin] + counts[bin] + i) * stride, from, from + stride);
		}
}

/** Where key number `key` of a bin stands among its `count`: windows of keys keep their order, so that a bin is written from its start to its end. */
function placeOf(key: number, count: number, step: number): number {
	const within = key % KEY_WINDOW;
	const window = key - within;
	const left = count - window;
	return window + (left >= KEY_WINDOW ? (within * KEY_WINDOW_STEP) % KEY_WINDOW : (within * step) % left);
}

/** How far neighbours get apart in the last window of a bin, which may not be full. */
export const lastStep = (count: number): number => coprimeStep(count % KEY_WINDOW);

/** A step, about the golden ratio of `count`, that visits 0..count − 1 once each. */
function coprimeStep(count: number): number {
	const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
	if (count <= 1) return 0;
	let step = Math.max(1, Math.round(count * 0.6180339887498949));
	while (divisor(step, count) > 1) step++;
	return step % count;
}
