import { seededRandom } from "@attgrad/matrix-core";
import { sizeUp } from "../../../error-bound/index.ts";
import type { Coins } from "../../../polynomial/gauss/gauss-request.ts";
import { DEVIATION_CHOICES } from "../../../polynomial/gauss/pairs/concentration.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { KeySizes } from "./key-sizes.ts";
import { coinsFrom, PlacedPairs } from "./placed-pairs.ts";
import type { SampledHead } from "./sampled-head.ts";

/** Covers roundings of draws, sizes and sums: this many for each row, key and draw, of numbers up to 512 times as large. */
const SLACK = 2 ** -52 * 64 * 512;

/** Sizes within which no product of bounds leaves the normal range. */
const LARGEST = 2 ** 100;

/** Draws of a row: some, and more by the number of features; and the least and the most of them in all. */
const DRAWS = { each: 3, ofFeatures: 0.02, least: 2 ** 12, most: 2 ** 24 } as const;

/** Draws for a run of n rows with K features: they take about half of its time. */
export const drawsOf = (n: number, K: number): number =>
	Math.min(DRAWS.most, Math.max(DRAWS.least, Math.round(n * (DRAWS.each + DRAWS.ofFeatures * K))));

/** An accuracy may take this many times the draws. */
const MORE = 16;

/** A bound is about this many times the range over the number of draws. */
const EXPECTED = 60;

/** How much is drawn. */
export interface Effort {
	/** Draws of pairs or triples. */
	readonly draws: number;
	/** The bound that is wanted: as many draws are made as it is expected to take, or none where that is more than `MORE` times as many. */
	readonly wanted?: number | undefined;
}

/** A bound that holds but for the coins' chance. */
export interface SampledError {
	/** At least |Σ_j A1_ja (Ĝ~ − Ĝ)_jb| for all a and b. */
	readonly bound: number;
	/** Pairs that were drawn: a triple of a query and two keys counts as two. */
	readonly pairs: number;
	/** Whether a row is to be exact: then nothing of its error is in the bound. */
	readonly isExact: (j: number) => boolean;
}

/**
 * Bounds the error of the method by pairs of a query and a key, and by triples of a query and two keys (paper.md 14.8).
 *
 * The sum of first order is a mean of numbers over pairs; all that is left has a bound by squares of sums over keys, which are means over triples. One
 * draw is a number ±Y of the first or Z of the second, each in proportion to its range, and all are within R = Σ_j max_a |A1_ja| (α_j / D̃_j Σ_l β_l w_l + …). What a
 * sample of m tells of |E Y| + E Z is about 37 R / m, since nearly all numbers are far below R. O(n (d² + d d_v)) for the ranges, O(K + d d_v) a pair.
 *
 * @returns undefined where nothing can be drawn, or what is wanted would take too many draws
 */
export async function sampledError(
	kernels: HybridKernels,
	head: SampledHead,
	effort: Effort,
	{ failure, seed }: Coins,
): Promise<SampledError | undefined> {
	const { beta, values, keys, unit, features } = head;
	if (!serves(head)) return undefined;
	const sizes = new KeySizes(values, keys, beta);
	const rounding = sizes.sumsOf(features.keys.side.sizes.map((weight) => (unit * weight) / 2 + 2 ** -500));
	return kernels.scope(async () => {
		const pairs = new PlacedPairs(kernels, head, sizes, rounding);
		const ranges = await pairs.ranges();
		const exact = ranges.takeExact(effort.draws, EXPECTED);
		const isExact = (j: number): boolean => exact.has(j);
		const { range, rest } = ranges.total();
		if (!Number.isFinite(range + rest)) return undefined;
		if (range === 0) return { bound: rest * (1 + SLACK * beta.length), pairs: 0, isExact };
		const draws = drawsFor(effort, EXPECTED * range, rest);
		if (draws === undefined) return undefined;
		// The bound that is wanted for a relative error depends on a run before with coins of this seed: each bound has coins of its own.
		const random = seededRandom(seed, "pairs", effort.wanted ?? 0);
		const means = await pairs.draw(
			draws / range,
			coinsFrom(() => random.uniform()),
		);
		const log = Math.log((DEVIATION_CHOICES * 2 * keys.cols * head.inputs.cols) / failure);
		const slack = SLACK * (beta.length + means.pairs + draws + 64);
		const added = (rest + slack * range) * (1 + slack);
		return { bound: (range * means.bound(draws, log) + added) * (1 + slack), pairs: means.pairs, isExact };
	});
}

/** Whether sizes are such that no bound on a pair leaves the range of numbers. */
function serves({ valueHalf, keyHalf, inputs, beta }: SampledHead): boolean {
	const within = (x: number): boolean => x > 1 / LARGEST && x < LARGEST;
	return [valueHalf, keyHalf, inputs.data, beta].map(sizeUp).every(within);
}

/** How many draws are made; undefined where too many would be needed. */
function drawsFor({ draws, wanted }: Effort, bound: number, rest: number): number | undefined {
	if (wanted === undefined) return draws;
	const needed = Math.ceil(bound / (wanted - rest));
	if (!(wanted > rest && needed <= MORE * draws)) return undefined;
	return Math.max(DRAWS.least, needed);
}
