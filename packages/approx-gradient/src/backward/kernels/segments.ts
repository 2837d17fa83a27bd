import type { CoreRanges, KernelPart } from "./kernel-part.ts";

/** A kernel's task over chunks: from..to-1, beginning with the sums of the chunks before `startChunk`. */
export interface Segment {
	readonly from: number;
	readonly to: number;
	/** Number of segments of the other side whose sums are there at the start. */
	readonly before: number;
	readonly startChunk: number;
}

/** Rows of a segment at the least and at the most, segments that a part has if rows allow it, and bytes of their sums. */
const SEGMENT = { rows: 512, most: 16384, count: 64, bytes: 2 ** 26 };

/** Chunks of a segment of `chunks` chunks of `size` rows, each with sums of `state` doubles. It does not depend on threads: sums are made alike for any number. */
export function segmentChunks(chunks: number, size: number, state: number): number {
	const rows = Math.min(SEGMENT.most, Math.max(SEGMENT.rows, (chunks * size) / SEGMENT.count));
	const fitting = Math.max(1, Math.floor(SEGMENT.bytes / (8 * state)));
	return Math.max(1, Math.ceil(rows / size), Math.ceil(chunks / fitting));
}

/** Bytes of sums of which there is one for each chunk, so that none is made twice under a mask. */
const OF_EACH = 2 ** 24;

/** Whether each chunk has sums of its own: where cores differ and there is room. */
export const hasSumsOfEach = ({ from, to }: CoreRanges, chunks: number, state: number): boolean =>
	(from[0] !== from[from.length - 1] || to[0] !== to[to.length - 1]) && 8 * state * chunks <= OF_EACH;

/** Segments that begin with the sums of each of their chunks. */
export const ofEachSegments = (chunks: number, length: number): Segment[] =>
	segmentsOf(chunks, length).map((segment) => ({ ...segment, before: 1, startChunk: -1 }));

/** Chunks of a segment where windows of `window` chunks at the most are summed anew in each: a share of that. */
export const windowChunks = (chunks: number, size: number, state: number, window: number): number =>
	2 * Math.max(segmentChunks(chunks, size, state), window);

/** Segments of queries whose cores begin with the first key chunk; `step` key chunks have sums of their own, all before them added. */
export function querySegments({ chunks }: KernelPart, length: number, step: number): Segment[] {
	const { queryChunks, keyChunks, first, last } = chunks;
	return segmentsOf(queryChunks, length).map(({ from, to }) => {
		let c = from;
		while (c < to && first[c] >= last[c]) c++;
		const chunk = c < to ? last[c] : 0;
		const before = chunk === keyChunks ? Math.ceil(chunk / step) : Math.floor(chunk / step);
		return { from, to, before, startChunk: Math.min(keyChunks, before * step) };
	});
}

/** Segments of keys that all queries from some chunk on have in their cores; `step` query chunks have sums of their own, all behind them added. */
export function keySegments({ chunks, over }: KernelPart, length: number, step: number): Segment[] {
	const { queryChunks, keyChunks } = chunks;
	const count = Math.ceil(queryChunks / step);
	return segmentsOf(keyChunks, length).map(({ from, to }) => {
		let e = to - 1;
		while (e >= from && over.from[e] >= over.to[e]) e--;
		const first = e >= from ? Math.ceil(over.from[e] / step) : count;
		return { from, to, before: count - first, startChunk: Math.min(queryChunks, first * step) };
	});
}

/** Segments whose windows are made anew. */
export const windowSegments = (chunks: number, length: number): Segment[] =>
	segmentsOf(chunks, length).map((segment) => ({ ...segment, before: 0, startChunk: 0 }));

/** Chunks of the widest range. */
export function widest({ from, to }: CoreRanges): number {
	let most = 0;
	for (let c = 0; c < from.length; c++) most = Math.max(most, to[c] - from[c]);
	return most;
}

/** 0..chunks-1 in pieces of `length`. */
export function segmentsOf(chunks: number, length: number): { readonly from: number; readonly to: number }[] {
	const all: { from: number; to: number }[] = [];
	for (let from = 0; from < chunks; from += length) all.push({ from, to: Math.min(chunks, from + length) });
	return all;
}
