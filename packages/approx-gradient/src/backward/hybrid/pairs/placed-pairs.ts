import { kernelConstants } from "../../../polynomial/kernels/kernel-constants.ts";
import { putNumbers } from "../../../polynomial/kernels/kernel-operands.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { DrawnMeans, wide } from "./drawn-means.ts";
import { HeadRanges, largestOf } from "./head-ranges.ts";
import type { KeySizes, KeySums } from "./key-sizes.ts";
import type { SampledHead } from "./sampled-head.ts";

const { HYBRID_PAIR_RECORD: RECORD, HYBRID_PAIR_REACH: REACH } = kernelConstants;

/** Rows of a task that makes ranges. */
const TASK_ROWS = 1024;

/** Slots that draws are added to, whatever the number of threads. */
const SLOTS = 16;

/** A head in the kernels' memory, as pairs are drawn from it. */
export class PlacedPairs {
	readonly #kernels: HybridKernels;
	readonly #rows: number;
	readonly #coins: number;
	readonly #head: SampledHead;
	readonly #records: Float64Array;

	/** @param rounding sums over keys with the weights H w / 2 + 2^-500 */
	constructor(kernels: HybridKernels, head: SampledHead, keys: KeySizes, rounding: KeySums) {
		const n = head.inputs.rows;
		const { queries, keys: ofKeys } = head.features;
		this.#kernels = kernels;
		this.#head = head;
		this.#records = kernels.view("f64", kernels.allocate("f64", n * RECORD), n * RECORD);
		this.#coins = kernels.allocate("f64", 2);
		const { cotangents, means, gradients, keyMeans } = head.placed;
		this.#rows = kernels.allocateStruct("HybridPairs", {
			...{ keys: head.keys.rows, d: head.keys.cols, dv: head.values.cols - 1, rank: head.rank },
			...{ cotangents, means, gradients, keyMeans, products: head.products.byteOffset },
			...{ inputs: putNumbers(kernels, "f64", head.inputs.data), left: queries.left.data.byteOffset },
			...{ features: queries.features.byteOffset, keyFeatures: ofKeys.features.byteOffset },
			...{ keyRecords: putKeys(kernels, head, keys), tables: putTables(kernels, keys) },
			...{ known: putKnown(kernels, head, keys, rounding), reach: putReach(kernels, head) },
			...{ records: this.#records.byteOffset, coins: this.#coins },
		});
	}

	/** Makes the ranges of all rows. O(d_v² + d d_v) a row. */
	async ranges(): Promise<HeadRanges> {
		const [kernels, rows, n] = [this.#kernels, this.#rows, this.#head.inputs.rows];
		const [scratch] = await kernels.run("pairRangeScratch", [this.#sizes()], {});
		const tasks = [];
		for (let from = 0; from < n; from += TASK_ROWS) tasks.push({ rows, from, to: Math.min(n, from + TASK_ROWS) });
		await kernels.run("pairRanges", tasks, { scratch });
		return new HeadRanges(this.#records);
	}

	/**
	 * Draws each term of each row as often as its range times `rate` tells: as many times as the whole part, and once more with the chance of the rest.
	 * @param seed 64 bits that coins start from, the low word first
	 */
	async draw(rate: number, seed: Int32Array): Promise<DrawnMeans> {
		const [kernels, rows, { inputs }] = [this.#kernels, this.#rows, this.#head];
		kernels.view("f64", this.#coins, 1)[0] = rate;
		kernels.indices(this.#coins + 8, 2).set(seed);
		const [scratch] = await kernels.run("pairDrawScratch", [this.#sizes()], {});
		const [bytes] = await kernels.run("pairSlot", [{ d: this.#sizes().d }], {});
		const first = (slot: number) => Math.floor((slot * inputs.rows) / SLOTS);
		const slots = kernels.allocateZeros("f64", (SLOTS * bytes) / 8);
		const tasks = Array.from({ length: SLOTS }, (_, slot) => ({
			...{ rows, from: first(slot), to: first(slot + 1), slot: slots + slot * bytes },
		}));
		await kernels.run("drawPairs", tasks, { scratch });
		return new DrawnMeans(kernels.view("f64", slots, (SLOTS * bytes) / 8), SLOTS, inputs.cols);
	}

	#sizes() {
		const { keys, values } = this.#head;
		return { d: keys.cols, dv: values.cols - 1 };
	}
}

/** k, h, factors of the exponents, β, ‖h − h̄‖², κ² and w of each key, with zeros behind. */
function putKeys(
	kernels: HybridKernels,
	{ keys, values, beta, features }: SampledHead,
	{ valueSquares, keySquares }: KeySizes,
): number {
	const [d, dv, { right, side }] = [keys.cols, values.cols - 1, features.keys];
	const [ofValues, ofRight] = [wide(d), wide(d) + wide(dv)];
	const numbers = ofRight + wide(d + 2);
	const step = numbers + 8;
	const address = kernels.allocateZeros("f64", keys.rows * step);
	const made = kernels.view("f64", address, keys.rows * step);
	for (let l = 0, at = 0; l < keys.rows; l++, at += step) {
		for (let b = 0; b < d; b++) made[at + b] = keys.data[l * d + b];
		for (let i = 0; i < dv; i++) made[at + ofValues + i] = values.data[l * (dv + 1) + i];
		for (let b = 0; b < d + 2; b++) made[at + ofRight + b] = right.data[l * (d + 2) + b];
		made[at + numbers] = beta[l];
		made[at + numbers + 1] = valueSquares[l];
		made[at + numbers + 2] = keySquares[l];
		made[at + numbers + 3] = side.sizes[l];
	}
	return address;
}

function putTables(kernels: HybridKernels, { tables }: KeySizes): number {
	const n = tables[0].chance.length;
	const address = kernels.allocate("f64", 2 * tables.length * n);
	const numbers = kernels.view("f64", address, 2 * tables.length * n);
	const whole = kernels.indices(address, 4 * tables.length * n);
	for (const [table, { chance, other }] of tables.entries())
		for (let l = 0, at = 2 * table * n; l < n; l++, at += 2) {
			numbers[at] = chance[l];
			whole[2 * at + 2] = other[l];
		}
	return address;
}

function putKnown(
	kernels: HybridKernels,
	{ keyHalf, valueHalf }: SampledHead,
	{ sums, valueCentre, keyCentre, off, spread }: KeySizes,
	rounding: KeySums,
): number {
	const largestKey = keyHalf.reduce((most, half) => Math.max(most, half), 0);
	const own = [sums, rounding].flatMap(({ ones, values, keys }) => [ones, values, keys]);
	return putNumbers(kernels, "f64", [
		...own,
		largestKey,
		...[...valueCentre, ...keyCentre, ...off, ...valueHalf, ...spread.data],
	]);
}

function putReach(kernels: HybridKernels, head: SampledHead): number {
	const { alpha, ones, least, outputs, theta, proved, inputs, isSampled } = head;
	const n = inputs.rows;
	const address = kernels.allocate("f64", n * REACH);
	const made = kernels.view("f64", address, n * REACH);
	for (let j = 0, at = 0; j < n; j++) {
		made[at++] = alpha[j];
		made[at++] = ones[j];
		made[at++] = least[j];
		made[at++] = outputs[j];
		made[at++] = theta[j];
		made[at++] = isSampled(j) ? largestOf(inputs, j) : 0;
		made[at++] = proved[j];
	}
	return address;
}

/** Where coins start, from numbers in [0, 1). */
export const coinsFrom = (uniform: () => number): Int32Array =>
	Int32Array.from({ length: 2 }, () => Math.floor(uniform() * 2 ** 32) | 0);
