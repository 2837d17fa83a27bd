import type { Matrix } from "@attgrad/matrix-core";
import { kernelConstants } from "../../../polynomial/kernels/kernel-constants.ts";

const { HYBRID_PAIR_RECORD: RECORD } = kernelConstants;

/** Keys of a row that the exact pass computes in the time of a draw. */
export const EXACT_KEYS = 150;

/** The largest part of all rows that are exact. */
const MOST_EXACT = 1 / 3;

/** Sums over all rows of ranges, and of the parts of bounds that are proved without draws. */
export interface RangeTotals {
	readonly range: number;
	readonly rest: number;
}

/** Kinds of sums over keys whose squares bound all terms but those of first order. */
export const KINDS = kernelConstants.HYBRID_PAIR_KINDS;

/** Terms of a row that are drawn: the square of each kind of sum, then the sum of first order. */
export const TERMS = KINDS + 1;

/** Places at the end of a record: ranges of terms, and the part of the row's bound that is proved without draws. */
export const AT = { terms: RECORD - 1 - TERMS, rest: RECORD - 1 } as const;

/** Ranges of all rows, times the largest |A1_ja|: views of the records that the kernels draw by (`kernels/hybrid/pairs`). */
export class HeadRanges {
	/** HYBRID_PAIR_RECORD numbers a row. */
	readonly records: Float64Array;
	readonly rows: number;

	constructor(records: Float64Array) {
		this.records = records;
		this.rows = records.length / RECORD;
	}

	/** The range of a term of a row. */
	termOf(j: number, term: number): number {
		return this.records[j * RECORD + AT.terms + term];
	}

	/** The sum of the ranges of a row. */
	rangeOf(j: number): number {
		let sum = 0;
		for (let term = 0, at = j * RECORD + AT.terms; term < TERMS; term++, at++) sum += this.records[at];
		return sum;
	}

	/** The part of a row's bound that is proved without draws. */
	restOf(j: number): number {
		return this.records[j * RECORD + AT.rest];
	}

	/** Sums of both over all rows. */
	total(): RangeTotals {
		let [range, rest] = [0, 0];
		for (let j = 0; j < this.rows; j++) {
			range += this.rangeOf(j);
			rest += this.restOf(j);
		}
		return { range, rest };
	}

	/** Takes a row out. */
	#clear(j: number): void {
		this.records.fill(0, j * RECORD + AT.terms, j * RECORD + AT.rest + 1);
	}

	/**
	 * Takes out the rows that are better exact: their part of the bound is more than the draws of the same cost would take off it.
	 * @param expected the bound over the range, times the number of draws
	 */
	takeExact(draws: number, expected: number): ReadonlySet<number> {
		const n = this.rows;
		const parts = new Float64Array(n);
		let all = 0;
		for (let j = 0; j < n; j++) all += parts[j] = (this.restOf(j) * draws) / expected + this.rangeOf(j);
		const threshold = ((n / EXACT_KEYS) * all) / draws;
		const chosen = Array.from(parts.keys())
			.filter((j) => parts[j] > threshold || parts[j] === Number.POSITIVE_INFINITY)
			.sort((i, j) => parts[j] - parts[i])
			.slice(0, Math.floor(MOST_EXACT * n));
		for (const j of chosen) this.#clear(j);
		return new Set(chosen);
	}
}

/** max_a |A1_ja|. */
export function largestOf({ cols, data }: Matrix, j: number): number {
	let most = 0;
	for (let a = 0; a < cols; a++) most = Math.max(most, Math.abs(data[j * cols + a]));
	return most;
}
