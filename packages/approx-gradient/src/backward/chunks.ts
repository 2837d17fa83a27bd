import type { KeyIntervals } from "@attgrad/attention-problem";

/** Queries and keys of one sequence in chunks of equally many rows, and the key chunks that a query chunk sees wholly. */
export interface Chunks {
	/** Rows of a chunk; the last one may have fewer. */
	readonly size: number;
	readonly queries: number;
	readonly keys: number;
	readonly intervals: KeyIntervals;
	readonly queryChunks: number;
	readonly keyChunks: number;
	/** The core of each query chunk: all its rows see the key chunks first..last-1 wholly. Both never fall. */
	readonly first: Int32Array;
	readonly last: Int32Array;
}

/** Cuts the queries and keys of a sequence. Cost O(n / size). */
export function cutChunks(intervals: KeyIntervals, keys: number, size: number): Chunks {
	const { lo, hi } = intervals;
	const queries = lo.length;
	const [queryChunks, keyChunks] = [Math.ceil(queries / size), Math.ceil(keys / size)];
	const [first, last] = [new Int32Array(queryChunks), new Int32Array(queryChunks)];
	for (let c = 0; c < queryChunks; c++) {
		const [top, bottom] = [c * size, Math.min(queries, (c + 1) * size) - 1];
		first[c] = Math.ceil(lo[bottom] / size);
		last[c] = Math.max(first[c], hi[top] === keys ? keyChunks : Math.floor(hi[top] / size));
	}
	return { size, queries, keys, intervals, queryChunks, keyChunks, first, last };
}

/** The queries that see each key: from..to-1. */
export interface SeenBy {
	readonly from: Int32Array;
	readonly to: Int32Array;
}

/** Whether all queries see all keys. */
export function isWhole({ lo, hi }: KeyIntervals, keys: number): boolean {
	// Both never fall.
	return lo.length > 0 && lo[lo.length - 1] === 0 && hi[0] === keys;
}

/** The queries that see each key of a sequence. Cost O(n). */
export function queriesOf({
	queries,
	keys,
	intervals: { lo, hi },
}: Pick<Chunks, "queries" | "keys" | "intervals">): SeenBy {
	const [from, to] = [new Int32Array(keys), new Int32Array(keys)];
	if (isWhole({ lo, hi }, keys)) return { from, to: to.fill(queries) };
	for (let l = 0, first = 0, last = 0; l < keys; l++) {
		while (first < queries && hi[first] <= l) first++;
		while (last < queries && lo[last] <= l) last++;
		from[l] = first;
		to[l] = last;
	}
	return { from, to };
}

/** The query chunks that have a key chunk in their core: from..to-1. */
export function chunksOver({ first, last }: Chunks, keyChunk: number): { readonly from: number; readonly to: number } {
	return { from: countAtMost(last, keyChunk), to: countAtMost(first, keyChunk) };
}

/** Whether the numbers are all one. */
export const isConstant = (values: Int32Array): boolean => values.length === 0 || values[0] === values.at(-1);

/** Number of entries of a non-decreasing array that are at most `limit`. */
export function countAtMost(sorted: Int32Array, limit: number): number {
	let [from, to] = [0, sorted.length];
	while (from < to) {
		const middle = (from + to) >> 1;
		if (sorted[middle] <= limit) from = middle + 1;
		else to = middle;
	}
	return from;
}
