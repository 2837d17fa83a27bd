import type { Matrix } from "@attgrad/matrix-core";
import type { KeySizes } from "./key-sizes.ts";
import type { RowBounds } from "./row-ranges.ts";
import type { SampledHead } from "./sampled-head.ts";
import { KINDS, SampledRow } from "./sampled-row.ts";

/** Keys of a row that the exact pass computes in the time of a draw, and the largest part of all rows that are exact. */
const EXACT = { keys: 350, most: 1 / 3 } as const;

/** A bound is about this many times the range over the number of draws. */
export const EXPECTED = 60;

/** Terms of a row that are drawn: the square of each kind of sum, then the sum of first order. */
export const TERMS = KINDS + 1;

/** Ranges of all rows. */
export interface Ranges {
	readonly row: SampledRow;
	/** By row and term, times the largest |A1_ja|. */
	readonly terms: Float64Array;
	/** The part of each row's bound that is proved without draws. */
	readonly rest: Float64Array;
}

/** Ranges of all rows. A row that cannot be sampled adds its proved bound. */
export function rangesOf(head: SampledHead, keys: KeySizes, bounds: RowBounds): Ranges {
	const { inputs, proved, isSampled } = head;
	const n = inputs.rows;
	const row = new SampledRow(head, keys);
	const terms = new Float64Array(n * TERMS);
	const rest = new Float64Array(n);
	for (let j = 0; j < n; j++) {
		const factor = largestOf(inputs, j);
		if (factor === 0 || !isSampled(j)) continue;
		row.read(j);
		const own = bounds.of(j, row);
		if (!own) {
			rest[j] = factor * proved[j];
			continue;
		}
		for (let kind = 0; kind < KINDS; kind++) terms[j * TERMS + kind] = factor * own.squares[kind];
		terms[j * TERMS + KINDS] = factor * own.first;
		rest[j] = factor * own.added;
	}
	return { row, terms, rest };
}

/** Takes out the rows that are better exact: their part of the bound is more than the draws of the same cost would take off it. */
export function takeExact({ terms, rest }: Ranges, draws: number): ReadonlySet<number> {
	const n = rest.length;
	const parts = rest.map((own, j) => {
		let sum = (own * draws) / EXPECTED;
		for (let term = 0; term < TERMS; term++) sum += terms[j * TERMS + term];
		return sum;
	});
	const threshold = ((n / EXACT.keys) * parts.reduce((sum, own) => sum + own, 0)) / draws;
	const chosen = Array.from(parts.keys())
		.filter((j) => parts[j] > threshold || parts[j] === Number.POSITIVE_INFINITY)
		.sort((i, j) => parts[j] - parts[i])
		.slice(0, Math.floor(EXACT.most * n));
	for (const j of chosen) {
		rest[j] = 0;
		terms.fill(0, j * TERMS, (j + 1) * TERMS);
	}
	return new Set(chosen);
}

/** max_a |A1_ja|. */
export function largestOf({ cols, data }: Matrix, j: number): number {
	let most = 0;
	for (let a = 0; a < cols; a++) most = Math.max(most, Math.abs(data[j * cols + a]));
	return most;
}
