import { Matrix, type Numbers, type RowSource } from "@attgrad/matrix-core";

/**
 * A shift of the keys, one number a column, found from the keys themselves, that costs no digits.
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
export class KeyShift {
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

/** Keys less their shift, n x d, in double precision. */
export function shiftedKeys(A2: RowSource): Matrix {
	const { rows: n, cols: d } = A2;
	const keys = Matrix.zeros(n, d);
	A2.readRows(0, n, keys.data);
	const shift = new KeyShift(d);
	shift.add(keys.data);
	const shifts = shift.shifts();
	for (let l = 0, at = 0; l < n; l++) for (let b = 0; b < d; b++) keys.data[at++] -= shifts[b];
	return keys;
}
