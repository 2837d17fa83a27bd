import { checkVisibility, type Visibility } from "./visibility.ts";

/** Rows from..to-1. */
export interface RowRange {
	readonly from: number;
	readonly to: number;
}

/** A sequence of a packed batch: its queries see its keys only. */
export interface Sequence {
	readonly queries: RowRange;
	readonly keys: RowRange;
}

/**
 * The one form of all masks (backward.md A0): query j sees the keys lo[j] <= l < hi[j]. Both are non-decreasing, and
 * lo[j] <= hi[j]; an empty interval is a query that sees no key.
 */
export interface KeyIntervals {
	readonly lo: Int32Array;
	readonly hi: Int32Array;
}

/** The packed sequences, in order; one of all rows where there are no lengths. @throws UsageError as `checkVisibility` */
export function sequencesOf(visibility: Visibility, n_q: number, n_k: number): Sequence[] {
	checkVisibility(visibility, n_q, n_k);
	if (!visibility.lengths) return [{ queries: { from: 0, to: n_q }, keys: { from: 0, to: n_k } }];
	let from = 0;
	return visibility.lengths.map((length) => {
		const rows = { from, to: from + length };
		from += length;
		return { queries: rows, keys: rows };
	});
}

/** The keys that each of n_q queries sees, of n_k keys. Cost O(n_q). @throws UsageError as `checkVisibility` */
export function visibleKeys(visibility: Visibility, n_q: number, n_k: number): KeyIntervals {
	const { mask, window = Number.POSITIVE_INFINITY } = visibility;
	const lo = new Int32Array(n_q);
	const hi = new Int32Array(n_q);
	for (const { queries, keys } of sequencesOf(visibility, n_q, n_k)) {
		const length = keys.to - keys.from;
		if (mask === "none") {
			lo.fill(keys.from, queries.from, queries.to);
			hi.fill(keys.to, queries.from, queries.to);
			continue;
		}
		const offset = length - (queries.to - queries.from);
		for (let j = queries.from; j < queries.to; j++) {
			const last = Math.min(length, Math.max(0, j - queries.from + offset + 1));
			const first = Math.min(last, Math.max(0, j - queries.from + offset + 1 - window));
			lo[j] = keys.from + first;
			hi[j] = keys.from + last;
		}
	}
	return { lo, hi };
}

/** The queries that see key `l`: those from #{j : hi_j <= l} to #{j : lo_j <= l}; from >= to where there are none. O(log n_q). */
export function queriesSeeing({ lo, hi }: KeyIntervals, l: number): RowRange {
	return { from: countAtMost(hi, l), to: countAtMost(lo, l) };
}

/** Number of pairs of a query and a key that it sees. */
export function visiblePairs({ lo, hi }: KeyIntervals): number {
	let pairs = 0;
	for (let j = 0; j < lo.length; j++) pairs += hi[j] - lo[j];
	return pairs;
}

/** Number of entries of a non-decreasing array that are at most `limit`. */
function countAtMost(sorted: Int32Array, limit: number): number {
	let [from, to] = [0, sorted.length];
	while (from < to) {
		const middle = (from + to) >>> 1;
		if (sorted[middle] <= limit) from = middle + 1;
		else to = middle;
	}
	return from;
}
