import {
	type AttentionOperands,
	type KeyIntervals,
	type Sequence,
	sequencesOf,
	visibleKeys,
} from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { type Chunks, cutChunks, isWhole } from "../../chunks.ts";

/** Rows of a chunk. */
const CHUNK = 128;

/** The keys that the queries of a head see. */
export interface HeadMask {
	/** Sequences that do not see each other. */
	readonly sequences: readonly Sequence[];
	readonly intervals: KeyIntervals;
	/** Rows of a chunk. */
	readonly chunk: number;
}

/** The mask of each head; undefined where every query sees every key. O(n). */
export function headMask(
	{ visibility, n_q, n_k }: Pick<AttentionOperands<RowSource>, "visibility" | "n_q" | "n_k">,
	chunk = CHUNK,
): HeadMask | undefined {
	const intervals = visibleKeys(visibility, n_q, n_k);
	return isWhole(intervals, n_k) ? undefined : { sequences: sequencesOf(visibility, n_q, n_k), intervals, chunk };
}

/** A sequence in chunks, whose rows count from its own. */
export interface SequenceChunks extends Sequence {
	readonly chunks: Chunks;
}

/** The sequences that are longer than a chunk. */
export function sequenceChunks({ sequences, intervals, chunk }: HeadMask): SequenceChunks[] {
	return sequences
		.filter(({ keys }) => keys.to - keys.from > chunk)
		.map(({ queries, keys }) => {
			const own = (ends: Int32Array) => ends.slice(queries.from, queries.to).map((l) => l - keys.from);
			const chunks = cutChunks({ lo: own(intervals.lo), hi: own(intervals.hi) }, keys.to - keys.from, chunk);
			return { queries, keys, chunks };
		});
}

/** The keys of a query chunk: the core, which all of its rows see wholly and which is not empty, and the range that any of them sees. Indices of the head. */
export interface ChunkKeys {
	readonly core: { readonly from: number; readonly to: number };
	readonly from: number;
	readonly to: number;
}

/** The keys of a query chunk; undefined where the core is empty. */
export function keysOfChunk({ queries, keys, chunks }: SequenceChunks, c: number): ChunkKeys | undefined {
	const { first, last, size, intervals } = chunks;
	if (first[c] === last[c]) return undefined;
	const [top, bottom] = [c * size, Math.min(queries.to - queries.from, (c + 1) * size) - 1];
	return {
		core: { from: keys.from + first[c] * size, to: Math.min(keys.to, keys.from + last[c] * size) },
		from: keys.from + intervals.lo[top],
		to: keys.from + intervals.hi[bottom],
	};
}

/** The rows of a query chunk. Indices of the head. */
export function rowsOfChunk({ queries, chunks: { size } }: SequenceChunks, c: number) {
	const from = queries.from + c * size;
	return { from, to: Math.min(queries.to, from + size) };
}
