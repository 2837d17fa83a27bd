import { type AttentionLayer, withoutTarget } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { ABSOLUTE_OF_ZERO } from "../accuracy.ts";
import { type KeyBlock, keyBlocks } from "../rows/row-blocks.ts";
import { rowsTimes } from "../rows/rows-times.ts";

/** Pairs of a row and a key that are looked at, about, and rows. */
const PAIRS = 2 ** 22;
const ROWS = { least: 2, most: 64 };

const BLOCK_KEYS = 512;

/** Covers the rounding of a row, and what rounding the layer's numbers changes: the run proves the relative error again. */
const SAFE = 0.999;

/** Largest entry of an output below which its relative error has no meaning: products of that size are below the normal range. */
const LEAST = 1e-290;

interface RowSums {
	readonly query: Float64Array;
	readonly values: Float64Array;
	largest: number;
	normaliser: number;
}

/**
 * A number that max |o| is at least, from a few rows of the output, exactly and in plain TypeScript: rows spread evenly, two of them
 * at least. O(n d) a row.
 */
export function leastOutputSize(layer: AttentionLayer<RowSource>): number {
	const { n, d, A1, X, scale } = layer;
	const count = Math.min(n, Math.max(ROWS.least, Math.min(ROWS.most, Math.floor(PAIRS / n))));
	const rows = Array.from({ length: count }, (_, j): RowSums => {
		const at = Math.floor((j * n) / count);
		const [input, query] = [new Float64Array(d), new Float64Array(d)];
		A1.readRows(at, at + 1, input);
		rowsTimes(input, X, scale, 1, query);
		return { query, values: new Float64Array(d), largest: Number.NEGATIVE_INFINITY, normaliser: 0 };
	});
	for (const block of keyBlocks(withoutTarget(layer), BLOCK_KEYS)) for (const row of rows) addKeys(row, block);
	let largest = 0;
	for (const { values, normaliser } of rows)
		for (const value of values) largest = Math.max(largest, Math.abs(value) / normaliser);
	return SAFE * largest;
}

function addKeys(row: RowSums, block: KeyBlock): void {
	const { query } = row;
	const [keys, values] = [block.keys.data, block.values.data];
	const d = query.length;
	for (let l = 0; l < block.count; l++) {
		let score = 0;
		for (let b = 0; b < d; b++) score += query[b] * keys[l * d + b];
		if (score > row.largest) {
			const shrink = Math.exp(row.largest - score);
			row.normaliser *= shrink;
			for (let i = 0; i < d; i++) row.values[i] *= shrink;
			row.largest = score;
		}
		const entry = Math.exp(score - row.largest);
		row.normaliser += entry;
		for (let i = 0; i < d; i++) row.values[i] += entry * values[l * d + i];
	}
}

/** The absolute error that proves a relative one of an output, and a remark where the output may be zero. */
export interface OutputTarget {
	readonly epsilon: number;
	readonly remark?: string;
}

/** The absolute error to prove of a layer's output for an accuracy that is asked for. */
export function outputTarget(
	layer: AttentionLayer<RowSource>,
	{ epsilon, relative }: { readonly epsilon?: number | undefined; readonly relative: number },
): OutputTarget {
	if (epsilon !== undefined) return { epsilon };
	const size = leastOutputSize(layer);
	if (size >= LEAST) return { epsilon: (relative * size) / (1 + relative) };
	return {
		epsilon: ABSOLUTE_OF_ZERO,
		remark: `the output cannot be told from zero: a relative error has no meaning, an absolute one of ${ABSOLUTE_OF_ZERO} is proved`,
	};
}
