import type { Matrix } from "@attgrad/matrix-core";
import type { KeySizes } from "./key-sizes.ts";
import type { RowBounds } from "./row-ranges.ts";
import type { SampledHead } from "./sampled-head.ts";
import { KINDS, SampledRow } from "./sampled-row.ts";

/** Keys of a row that an exact pass takes in the time of a draw, and the largest part of all rows that are exact. */
const EXACT = { keys: 350, most: 1 / 3 } as const;

/** About what a bound is, as a part of (√R₁ + √R₂)² over the number of draws. */
export const EXPECTED = 60;

/** Ranges of all rows. */
export interface Ranges {
	readonly row: SampledRow;
	/** By row, times the largest |A1_ja|: of the first order; of each kind of square. */
	readonly first: Float64Array;
	readonly squares: Float64Array;
	/** What of a row is bounded without draws. */
	readonly rest: Float64Array;
}

/** Ranges of all rows: those that nothing is drawn of add what is proved. */
export function rangesOf(head: SampledHead, keys: KeySizes, bounds: RowBounds): Ranges {
	const { inputs, proved, isSampled } = head;
	const n = inputs.rows;
	const row = new SampledRow(head, keys);
	const [first, squares] = [new Float64Array(n), new Float64Array(n * KINDS)];
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
		first[j] = factor * own.first;
		for (let kind = 0; kind < KINDS; kind++) squares[j * KINDS + kind] = factor * own.squares[kind];
		rest[j] = factor * own.added;
	}
	return { row, first, squares, rest };
}

/** Takes the rows out whose part of a bound is more than as many draws as an exact row costs would take off. */
export function takeExact({ first, squares, rest }: Ranges, draws: number): ReadonlySet<number> {
	const n = first.length;
	const ofKinds = (j: number): number => squares.subarray(j * KINDS, (j + 1) * KINDS).reduce((sum, x) => sum + x, 0);
	const second = Float64Array.from(first.keys(), ofKinds);
	const [R1, R2] = [first, second].map((parts) => parts.reduce((sum, x) => sum + x, 0));
	// d (√R₁ + √R₂)² = (1 + √(R₂/R₁)) dR₁ + (1 + √(R₁/R₂)) dR₂
	const [ofFirst, ofSecond] = [R2 / R1, R1 / R2].map((ratio) => 1 + Math.sqrt(ratio || 0));
	const parts = first.map((own, j) => ofFirst * own + ofSecond * second[j] + (rest[j] * draws) / EXPECTED);
	const threshold = ((n / EXACT.keys) * (Math.sqrt(R1) + Math.sqrt(R2)) ** 2) / draws;
	const chosen = Array.from(parts.keys())
		.filter((j) => parts[j] > threshold)
		.sort((i, j) => parts[j] - parts[i])
		.slice(0, Math.floor(EXACT.most * n));
	for (const j of chosen) {
		first[j] = rest[j] = 0;
		squares.fill(0, j * KINDS, (j + 1) * KINDS);
	}
	return new Set(chosen);
}

/** max_a |A1_ja|. */
export function largestOf({ cols, data }: Matrix, j: number): number {
	let most = 0;
	for (let a = 0; a < cols; a++) most = Math.max(most, Math.abs(data[j * cols + a]));
	return most;
}
