import { type Matrix, maxAbs, type Runtime } from "@attgrad/matrix-core";
import { candidatesFor } from "../../feature-maps/hybrid/geometry.ts";
import { pivotsFor } from "../../feature-maps/hybrid/principal-features.ts";
import { GROUP, rowsAt } from "../../feature-maps/residual-forms.ts";
import type { ChosenKeys } from "./chosen-keys.ts";
import { exactPart } from "./exact-part.ts";
import { withHeadPasses } from "./head-passes.ts";
import type { HeadFeatures, HybridHead } from "./hybrid-head.ts";
import type { RowPass } from "./row-pass.ts";

/** Ranks that are tried for an accuracy. */
export const RANKS = [112, 192, 384, 512, 768];

/** The sample that tells how many rows a rank leaves exact: parts of the queries and of the keys, up to a number; and the least rows of a head that is sampled. A sample takes a tenth of the time of a pass at most. */
const SAMPLE = { queries: { part: 1 / 16, most: 1024 }, keys: { part: 1 / 8, most: 4096 }, from: 16 * 1024 };

/** A guess: the largest entry of all rows over that of some. It decides what is tried first, and no bound. */
const GROWS = 1.25;

/** Queries whose gradients over all keys and over the sample's are compared. */
const COMPARED = { part: 1 / 128, most: 256 };

/**
 * About how many times as long a flop of features, sums and bounds takes as one of the exact pass: at 32,768 tokens and rank 384 these take a quarter of it (docs/heads.md).
 * Rough, as it decides only which rank is tried.
 */
const PER_FLOP = 1.4;

/** A guess: what is exact falls with this power of the rank. A rank is looked at if it may pay then. */
const FALL = 1.2;

/** A guess: after a rank that leaves more than this share exact the next one leaves much too, and is passed over; a short head has no further one. */
const HOPELESS = 0.95;

/** Guesses: shares of the keys that are tried as exact for all queries, and the one that the sample is made with. They decide no bound. */
const SHARES = [0, 0.01, 0.02, 0.035, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3];
const SAMPLED_SHARE = 0.05;

/** About the time of two passes over exact keys, over that of the exact pass; and flops of a row beside them: 60 ms at 8192 tokens, where the exact pass takes 345. */
const PER_KEY = 1.5;
const BESIDE_KEYS = 2.4e5;

/** A guess where no sample tells: the rows that are exact if all that features leave counts, as bounds fall with it. */
const TYPICAL_ROWS = 0.5;

/** Sizes of a head. */
interface HeadSizes {
	readonly queries: Pick<Matrix, "rows" | "cols">;
	readonly values: Pick<Matrix, "rows" | "cols">;
}

/** Flops of a row of queries that is exact, in multiply-adds; an exponential counts as 20. */
const exactFlops = ({ queries, values }: HeadSizes): number => values.rows * (6 * queries.cols + 4 * values.cols + 20);

/** Flops of all rows exactly. */
export const exactTime = (head: HeadSizes): number => head.queries.rows * exactFlops(head);

/** Flops of all rows at a rank, in the same way. */
export function rankFlops({ queries, values }: HeadSizes, rank: number): number {
	const [d, width, m] = [queries.cols, values.cols, pivotsFor(rank, values.rows, "proved")];
	const columns = width * (d + 1);
	// Half of each residual matrix is made.
	return (queries.rows + values.rows) * ((GROUP / 2) * (rank + columns) + rank * columns * 2 + m * (d + 2 + rank));
}

/** Flops of finding the features of a rank, in the same way. */
function lookFlops({ values }: HeadSizes, rank: number): number {
	const m = pivotsFor(rank, values.rows, "proved");
	return m * m * (2 * candidatesFor(rank, values.rows) + rank) + 4 * SAMPLE.queries.most * m * rank;
}

/**
 * Whether a higher rank, and finding its features, takes less than half of the time of rows that are exact: it may leave some of them exact too, and the work at this rank is
 * lost.
 */
export const isHigherRankWorth = (exactRows: number, head: HeadSizes, rank: number): boolean =>
	exactRows * exactFlops(head) > 2 * PER_FLOP * (rankFlops(head, rank) + lookFlops(head, rank));

/** Whether a sample tells which of the ranks to begin with. */
export const isSampled = (queries: number, keys: number): boolean => Math.min(queries, keys) >= SAMPLE.from;

/** Whether a higher rank is tried for a head. Where it is too short for a sample, a rank that leaves nearly all rows exact is the last. */
export const isNextTried = (exactRows: number, head: HybridHead, rank: number): boolean =>
	(exactRows <= HOPELESS * head.queries.rows || isSampled(head.queries.rows, head.keys.rows)) &&
	isHigherRankWorth(exactRows, head, rank);

/** The first try for a head: a rank, and the share of its keys that are exact for all queries. */
export interface FirstTry {
	readonly rank: number;
	readonly share: number;
}

/**
 * The rank to begin with, and the exact keys. A pass over a sample of queries and keys tells which part of the rows a rank leaves exact: bounds and gradients are means over keys, and those of a sample
 * are about the same. Bounds fall like the root of what the exact keys leave of the sum of `keySizes`. Higher ranks are looked at while they may take less time in all.
 * @param needs of the rows of a pass over the sample: their bounds over what is asked for
 * @param takesKeys whether some keys may be exact for all queries
 * @returns undefined where all rows take less time exactly than at any rank
 */
export async function firstTry(
	head: HybridHead,
	features: HeadFeatures,
	needs: (rows: RowPass, head: HybridHead) => Float64Array,
	takesKeys: boolean,
	runtime: Runtime,
): Promise<FirstTry | undefined> {
	const sample = sampleOf(head);
	const timeAt = (rank: number) => PER_FLOP * rankFlops(head, rank);
	const ofRows = (share: number) => share * head.queries.rows * exactFlops(head);
	const chosen = takesKeys ? keysOfShare(SAMPLED_SHARE) : undefined;
	let best: FirstTry | undefined;
	let least = ofRows(1);
	let [left, last, isNextPassed] = [0, RANKS[0], false];
	for (const [at, rank] of RANKS.entries()) {
		const foreseen = left * (last / rank) ** FALL;
		if (timeAt(rank) + PER_FLOP * lookFlops(head, rank) + ofRows(foreseen) >= least) break;
		if (isNextPassed && at < RANKS.length - 1) {
			isNextPassed = false;
			continue;
		}
		const { map, more } = await features.at(rank);
		const rows = await withHeadPasses(map, sample, runtime, (passes) => passes.rows(), chosen);
		const { share, exact } = bestShare(needs(rows, sample), rows.keySizes, besideKeys(head));
		[left, last, isNextPassed] = [exact, rank, exact > HOPELESS];
		const time = timeAt(rank) + ofRows(exact);
		if (time < least) [best, least] = [{ rank, share }, time];
		if (!more) break;
	}
	return best;
}

/** About the largest entry of dQ over that of the sample's. */
export async function growthOf(head: HybridHead, values: Matrix, runtime: Runtime): Promise<number> {
	const { rows } = head.queries;
	const [chosen, keys] = [stepsOf(rows, COMPARED), stepsOf(head.keys.rows, SAMPLE.keys)];
	const sample = { ...head, keys: rowsAt(head.keys, keys) };
	const all = await exactPart(head, values, chosen, runtime);
	const some = await exactPart(sample, rowsAt(values, keys), chosen, runtime);
	return GROWS * Math.max(maxAbs(all.dQ) / Math.max(maxAbs(some.dQ), Number.MIN_VALUE), Number.MIN_VALUE);
}

/** A part of the keys. */
export const keysOfShare =
	(share: number): ChosenKeys =>
	({ length }) =>
		Math.round(share * length);

/** The keys of a head of which no sample tells: as many as leave little of the sizes for their number. */
export const keysByConcentration =
	(head: HeadSizes): ChosenKeys =>
	(sizes) => {
		const left = restsOf(sizes);
		const costs = SHARES.map((share) => timeOfKeys(share, besideKeys(head)) + TYPICAL_ROWS * Math.sqrt(left(share)));
		return keysOfShare(SHARES[costs.indexOf(Math.min(...costs))])(sizes);
	};

/** The time beside exact keys, over that of all rows exactly. */
const besideKeys = (head: HeadSizes): number => BESIDE_KEYS / exactFlops(head);

/** The time of a share of exact keys, over that of all rows exactly. */
const timeOfKeys = (share: number, beside: number): number => (share > 0 ? PER_KEY * share + beside : 0);

/** The share of the keys with which exact rows and keys take the least time, and that time over the time of all rows exactly. */
function bestShare(
	needs: Float64Array,
	keySizes: Float64Array | undefined,
	beside: number,
): { readonly share: number; readonly exact: number } {
	const rowsAbove = (limit: number) => needs.reduce((count, need) => count + (need > limit ? 1 : 0), 0) / needs.length;
	let best = { share: 0, exact: keySizes ? Number.POSITIVE_INFINITY : rowsAbove(1) };
	if (!keySizes) return best;
	const left = restsOf(keySizes);
	for (const share of SHARES) {
		const exact = timeOfKeys(share, beside) + rowsAbove(Math.sqrt(left(SAMPLED_SHARE) / left(share)));
		if (exact < best.exact) best = { share, exact };
	}
	return best;
}

/** The part of the sum of numbers that is left without a share of the largest. */
function restsOf(descending: Float64Array): (share: number) => number {
	const rests = new Float64Array(descending.length + 1);
	for (let l = descending.length - 1; l >= 0; l--) rests[l] = rests[l + 1] + descending[l];
	return (share) => rests[Math.round(share * descending.length)] / Math.max(rests[0], Number.MIN_VALUE);
}

/** A part of rows at equal steps. */
function stepsOf(rows: number, { part, most }: { readonly part: number; readonly most: number }): number[] {
	const count = Math.min(most, Math.ceil(part * rows));
	return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * rows) / count));
}

/** Queries and keys at equal steps. */
function sampleOf(head: HybridHead): HybridHead {
	const [queries, keys] = [stepsOf(head.queries.rows, SAMPLE.queries), stepsOf(head.keys.rows, SAMPLE.keys)];
	return {
		...head,
		queries: rowsAt(head.queries, queries),
		upstream: rowsAt(head.upstream, queries),
		keys: rowsAt(head.keys, keys),
		middleKeys: rowsAt(head.middleKeys, keys),
		values: rowsAt(head.values, keys),
	};
}
