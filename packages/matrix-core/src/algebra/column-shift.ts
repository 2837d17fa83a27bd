import type { Numbers } from "../matrix.ts";

/**
 * A shift of keys, one number a column, found from the keys themselves, that costs no digits.
 *
 * A shift z changes neither f nor the gradient (p 1 = 0). It is worth having where keys share a large offset: k - z is then small,
 * and exact. It must not be set by extremes: with one key at -10^15, k - z rounds an ordinary k to multiples of 1/8.
 *
 * The shift of a column is
 * - the middle of its range, where all entries have one sign and the largest is at most 3 times the least: |k - z| <= |k|;
 * - else the entry of least magnitude, m: |k - m| <= |k| for k of its sign, <= 2|k| for others, since |k| >= |m|.
 *
 * So |k - z| <= 2|k| for every key, whatever the other keys are. Rounding k - z errs by u|k - z| <= 2u|k|, and each product that it
 * enters is at most twice as large: the error of a score is at most 2 (d + 3) u Σ_b |q_b k_b|, twice the bound of the
 * definition evaluated in the same number type and one rounding more, for any weights. Keys within a factor 2 of m are shifted exactly.
 */
export class ColumnShift {
	readonly #low: Float64Array;
	readonly #high: Float64Array;
	readonly #nearest: Float64Array;

	constructor(d: number) {
		this.#low = new Float64Array(d).fill(Number.POSITIVE_INFINITY);
		this.#high = new Float64Array(d).fill(Number.NEGATIVE_INFINITY);
		this.#nearest = new Float64Array(d).fill(Number.POSITIVE_INFINITY);
	}

	/** Takes note of rows of keys, d numbers each. */
	add(rows: Numbers): void {
		const [low, high, nearest] = [this.#low, this.#high, this.#nearest];
		for (let at = 0; at < rows.length; )
			for (let b = 0; b < low.length; b++) {
				const k = rows[at++];
				if (k < low[b]) low[b] = k;
				if (k > high[b]) high[b] = k;
				if (Math.abs(k) < Math.abs(nearest[b])) nearest[b] = k;
			}
	}

	/** Least and largest entry of each column; infinite for a column without numbers. */
	get range(): { readonly min: Float64Array; readonly max: Float64Array } {
		return { min: this.#low, max: this.#high };
	}

	/** The least magnitude in each column: Infinity for a column without numbers. */
	get least(): Float64Array {
		return this.#nearest.map(Math.abs);
	}

	/** The shift of each column; 0 for a column without numbers. */
	shifts(): Float64Array {
		return this.#nearest.map((nearest, b) => {
			const [low, high] = [this.#low[b], this.#high[b]];
			const close =
				Math.sign(low) === Math.sign(high) && Math.max(Math.abs(low), Math.abs(high)) <= 3 * Math.abs(nearest);
			if (close) return low / 2 + high / 2;
			return Number.isFinite(nearest) ? nearest : 0;
		});
	}
}
