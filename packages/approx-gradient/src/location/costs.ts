import { nominalModel } from "../planner/costs/cost-model.ts";
import { costs } from "../planner/costs/costs.ts";
import { backwardColumns, hybridTerms, LOW_RANK_TERM } from "../planner/costs/hybrid-cost.ts";

/** A low-rank approximation: its rank r, and the number of features that prove its error, at least r. */
export interface LowRank {
	readonly rank: number;
	readonly features: number;
}

/** Widths of keys and values. */
export interface Widths {
	readonly d: number;
	readonly d_v: number;
}

/**
 * Milliseconds of the exact backward pass over n queries and as many keys, by the cost model of the machine that nominal units are fitted on: the same on
 * every machine, so that a verdict is about the head alone.
 */
export const exactTime = (n: number, { d, d_v }: Widths): number =>
	nominalModel.timeOf("backward/streaming", { n, d, valueWidth: d_v, pairs: n * n });

/** Milliseconds of the certified low-rank one, by `hybrid`, if no row is exact. */
export const lowRankTime = (n: number, { rank, features }: LowRank, { d, d_v }: Widths): number =>
	nominalModel.timeOf("backward/hybrid", { n, d, valueWidth: d_v, size: features, products: rank });

/** The number of tokens from which the certified low-rank pass takes less time than the exact one, if its rank stays what it is. */
export const crossover = (approximation: LowRank, widths: Widths): number =>
	crossoverOf((n) => lowRankTime(n, approximation, widths), widths);

/**
 * The same for any low-rank pass of a rank, which makes features of tokens and multiplies them with keys and values: without a proof of its
 * error, and without the time to find its features.
 */
export function leastCrossover(rank: number, widths: Widths): number {
	const { nominal } = costs["backward/hybrid"];
	const columns = backwardColumns(widths.d, widths.d_v);
	// Nothing here begins: neither does the exact pass.
	const beginning = exactTime(0, widths);
	return crossoverOf((n) => {
		const terms = hybridTerms({ n, d: widths.d, size: rank }, columns);
		return beginning + nominal[LOW_RANK_TERM] * terms[LOW_RANK_TERM];
	}, widths);
}

/** The least n from which a time that grows no faster than n is below the exact pass's, which grows like n². */
function crossoverOf(timeOf: (n: number) => number, widths: Widths): number {
	const pays = (n: number): boolean => timeOf(n) <= exactTime(n, widths);
	let [low, high] = [0, 1];
	while (!pays(high)) [low, high] = [high, 2 * high];
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (pays(middle)) high = middle;
		else low = middle;
	}
	return high;
}
