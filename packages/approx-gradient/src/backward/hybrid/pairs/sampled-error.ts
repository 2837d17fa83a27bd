import { type Matrix, scale, seededRandom } from "@attgrad/matrix-core";
import { sizeUp } from "../../../error-bound/index.ts";
import type { Coins } from "../../../polynomial/gauss/gauss-request.ts";
import { DEVIATION_CHOICES } from "../../../polynomial/gauss/pairs/concentration.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { leastDraws } from "./drawn-means.ts";
import { EXACT_KEYS, type RangeTotals } from "./head-ranges.ts";
import { KeySizes } from "./key-sizes.ts";
import { coinsFrom, PlacedPairs } from "./placed-pairs.ts";
import type { SampledHead } from "./sampled-head.ts";

/** Covers roundings of draws, sizes and sums: this many for each row, key and draw, of numbers up to 512 times as large. */
const SLACK = 2 ** -52 * 64 * 512;

/** Sizes within which no product of bounds leaves the normal range. */
const LARGEST = 2 ** 100;

/** Draws of a row: some, and more by the number of features; and the least and the most of them in all. */
const DRAWS = { each: 3, ofFeatures: 0.02, least: 2 ** 12, most: 2 ** 24 } as const;

/** Draws for a run of n rows with K features where no bound is wanted. */
export const drawsOf = (n: number, K: number): number =>
	Math.min(DRAWS.most, Math.max(DRAWS.least, Math.round(n * (DRAWS.each + DRAWS.ofFeatures * K))));

/** The most draws for a bound that is wanted: those that take as long as the exact pass, and some more for few rows. */
const mostDraws = (n: number): number => Math.min(DRAWS.most, Math.max(64 * DRAWS.least, n ** 2 / EXACT_KEYS));

/** A bound is about this many times the range over the number of draws: 37 where all numbers are 0, 60 to 110 where their squares count (paper.md 14.8). */
export const EXPECTED = 75;

/** A first look tells how many draws a bound takes: a part of those that it takes at the least. */
const FIRST_LOOK = 1 / 8;

/** How much is drawn. */
export interface Effort {
	/** Draws of pairs or triples, where no bound is wanted. */
	readonly draws: number;
	/** The bound that is wanted: as many draws are made as it is expected to take, or none where that is too many. */
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
	/** The mean of the sample, about Σ_j A1_ja L_jb: where it is there, the bound is on the error of the method less this. */
	readonly correction?: Matrix | undefined;
}

/**
 * Bounds the error of the method by pairs of a query and a key, and by triples of a query and two keys (paper.md 14.8).
 *
 * The sum of first order is a mean of numbers ±Y over pairs; all that is left has a bound by squares of sums over keys, which are means of numbers Z over triples. Each term of a row is
 * drawn as often as its part of R = Σ_j max_a |A1_ja| (α_j / D̃_j Σ_l β_l w_l + …) tells, and each number is within its term's range. What a sample of m tells of |E Y| + E Z is 37 R / m at the
 * least, since nearly all numbers are far below their ranges. O(n (d² + d d_v)) for the ranges, O(K + d d_v) a pair.
 *
 * @returns undefined where nothing can be drawn, or what is wanted would take too many draws
 */
export async function sampledError(
	kernels: HybridKernels,
	head: SampledHead,
	effort: Effort,
	{ failure, seed }: Coins,
): Promise<SampledError | undefined> {
	if (!serves(head)) return undefined;
	return kernels.scope(async () => {
		const pairs = placed(kernels, head);
		const ranges = await pairs.ranges();
		const log = Math.log((DEVIATION_CHOICES * 2 * head.keys.cols * head.inputs.cols) / failure);
		const n = head.beta.length;
		const planned = plannedDraws(ranges.total(), effort, n);
		if (planned === undefined) return undefined;
		const exact = ranges.takeExact(planned, EXPECTED);
		const isExact = (j: number): boolean => exact.has(j);
		const { range, rest } = ranges.total();
		if (!Number.isFinite(range + rest)) return undefined;
		if (range === 0) return { bound: rest * (1 + SLACK * n), pairs: 0, isExact };
		// The bound that is wanted for a relative error depends on a run before with coins of this seed: each bound has coins of its own.
		const random = seededRandom(seed, "pairs", effort.wanted ?? 0);
		const coins = () => coinsFrom(() => random.uniform());
		const draws = await drawsFor(pairs, { range, rest }, effort, { log, coins, most: mostDraws(n) });
		if (draws === undefined) return undefined;
		const means = await pairs.draw(draws / range, coins());
		const slack = SLACK * (n + means.pairs + draws + 64);
		const added = (rest + slack * range) * (1 + slack);
		const boundAround = (centre: "zero" | "mean") => (range * means.bound(draws, log, centre) + added) * (1 + slack);
		const bound = boundAround("zero");
		if (effort.wanted === undefined || bound <= effort.wanted) return { bound, pairs: means.pairs, isExact };
		const correction = scale(means.first[0], range / draws);
		return { bound: boundAround("mean"), pairs: means.pairs, isExact, correction };
	});
}

/** The ranges of all pairs of a head, in all, and what is proved without draws. O(n (d² + d d_v)). */
export function rangesOf(kernels: HybridKernels, head: SampledHead): Promise<RangeTotals | undefined> {
	return kernels.scope(async () => (serves(head) ? (await placed(kernels, head).ranges()).total() : undefined));
}

function placed(kernels: HybridKernels, head: SampledHead): PlacedPairs {
	const { beta, values, keys, unit, features } = head;
	const sizes = new KeySizes(values, keys, beta);
	const rounding = sizes.sumsOf(features.keys.side.sizes.map((weight) => (unit * weight) / 2 + 2 ** -500));
	return new PlacedPairs(kernels, head, sizes, rounding);
}

/** Whether sizes are such that no bound on a pair leaves the range of numbers. */
function serves({ valueHalf, keyHalf, inputs, beta }: SampledHead): boolean {
	const within = (x: number): boolean => x > 1 / LARGEST && x < LARGEST;
	return [valueHalf, keyHalf, inputs.data, beta].map(sizeUp).every(within);
}

/** The draws that exact rows are weighed against; undefined where far too many would be needed. */
function plannedDraws({ range, rest }: RangeTotals, { draws, wanted }: Effort, n: number): number | undefined {
	if (wanted === undefined) return draws;
	// Rows that are exact take off a part of the range.
	const planned = (EXPECTED * range) / wanted;
	return Number.isFinite(rest) && planned <= 4 * mostDraws(n) ? Math.max(DRAWS.least, planned) : undefined;
}

/** How many draws are made, by a first look at a part of them; undefined where too many would be needed. */
async function drawsFor(
	pairs: PlacedPairs,
	{ range, rest }: RangeTotals,
	{ draws, wanted }: Effort,
	{ log, coins, most }: { readonly log: number; readonly coins: () => Int32Array; readonly most: number },
): Promise<number | undefined> {
	if (wanted === undefined) return draws;
	if (!(wanted > rest)) return undefined;
	const target = (wanted - rest) / range;
	const least = leastDraws(target, log);
	if (least > most) return undefined;
	const first = Math.max(DRAWS.least, least * FIRST_LOOK);
	const needed = (await pairs.draw(first / range, coins())).drawsFor(target, first, log, most);
	return Number.isFinite(needed) ? Math.max(DRAWS.least, needed) : undefined;
}
