import type { ColumnShift } from "@attgrad/matrix-core";
import { ColumnRange } from "./column-range.ts";

/** Centres of columns, and at least both half the range of each and the largest distance from its centre. */
export interface Centres {
	readonly centre: Float64Array;
	readonly half: Float64Array;
}

/** max |q_b| · W_b up to which a score about the midrange is as good as one about any other centre. */
const MODERATE_SCORE = 64;

/** W over the typical magnitude of a value, from which on the midrange is that of a few extremes. */
const EXTREME = 2 ** 10;

/**
 * Centres of keys: the midrange μ, which has the least half-range W, unless extremes set it.
 *
 * About μ, k - μ is rounded by u W, and a score by up to u |q_b| W_b in each column, also those of ordinary keys. That is at most 64 u,
 * below the other roundings of a polynomial's radius, while |q_b| W_b <= 64. Beyond, μ may cost ordinary keys all their digits, and
 * the shift z of `ColumnShift` is taken: |k - z| <= 2 |k|, so that a score errs by what its own key makes of it.
 * @param queryReach max |q_b|, with the scale
 */
export function keyCentres(keys: ColumnShift, queryReach: ArrayLike<number>): Centres {
	const { half } = midranges(keys);
	return centresBy(keys, (b) => !(queryReach[b] * half[b] <= MODERATE_SCORE));
}

/**
 * Centres of values: the midrange, unless its half-range is beyond 2^10 times the typical magnitude of a value. h - η is rounded by
 * u H: 2^-43 of a typical value at most; beyond, the shift of `ColumnShift` is taken, which rounds h by 2 u |h|.
 * @param typical magnitude in each column; 0 where there is none
 */
export function valueCentres(values: ColumnShift, typical: ArrayLike<number>): Centres {
	const { half } = midranges(values);
	return centresBy(values, (b) => !(half[b] <= EXTREME * typical[b]) && typical[b] > 0);
}

/** Whether extremes may set the midrange of a column of values: typical magnitudes need not be known where not. */
export const mayBeExtreme = (values: ColumnShift): boolean => {
	const { half } = midranges(values);
	return values.least.some((least, b) => half[b] > EXTREME * least);
};

const rangeOf = ({ range: { min, max } }: ColumnShift): ColumnRange => new ColumnRange(min, max);

const midranges = (columns: ColumnShift): Centres => about(columns, rangeOf(columns).middle());

/** 0 for a column whose entries are all equal, and only for such. */
function about(columns: ColumnShift, centre: Float64Array): Centres {
	const range = rangeOf(columns);
	const [half, reach] = [range.half(), range.reach(centre)];
	const { min, max } = range;
	return { centre, half: half.map((size, b) => (min[b] === max[b] ? 0 : Math.max(size, reach[b]))) };
}

function centresBy(columns: ColumnShift, isExtreme: (b: number) => boolean): Centres {
	const shifts = columns.shifts();
	return about(
		columns,
		midranges(columns).centre.map((middle, b) => (isExtreme(b) ? shifts[b] : middle)),
	);
}

/** Gathers the typical magnitude of each column: the geometric mean of entries other than 0. */
export class TypicalSizes {
	readonly #sums: Float64Array;
	readonly #counts: Float64Array;

	constructor(columns: number) {
		this.#sums = new Float64Array(columns);
		this.#counts = new Float64Array(columns);
	}

	/** Takes note of rows. */
	add(rows: ArrayLike<number>): void {
		const columns = this.#sums.length;
		for (let at = 0; at < rows.length; at++) {
			if (rows[at] === 0) continue;
			this.#sums[at % columns] += Math.log2(Math.abs(rows[at]));
			this.#counts[at % columns]++;
		}
	}

	/** 0 for a column of zeros. */
	sizes(): Float64Array {
		return this.#sums.map((sum, b) => (this.#counts[b] === 0 ? 0 : 2 ** (sum / this.#counts[b])));
	}
}
