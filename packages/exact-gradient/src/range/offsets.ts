import { ColumnShift, Matrix, type Numbers, type RowSource } from "@attgrad/matrix-core";
import { rowsMapped } from "./powers.ts";
import { blocksOf, SAFE_EXPONENT } from "./sizes.ts";

/** Rows less what each column of a block of them has in common. */
export interface WithoutOffsets<Rows extends RowSource> {
	readonly rows: Rows;
	/** Blocks x columns: 0 where nothing was subtracted. */
	readonly offsets: Matrix;
}

/**
 * Takes the offset of each column off the rows of blocks, the heads of an operand. A column has one where all its entries have one sign and the largest is at most
 * twice the least: it is the least. Differences are exact then (Sterbenz's lemma), and a constant column becomes one of zeros, which has no size. An offset of keys changes
 * no weight, and one of values is added to outputs alone. One pass over the rows.
 * @param beyond columns whose largest entry is within 2^±beyond stay as they are; -1: none do; default: ordinary ones
 */
export function withoutOffsets<Rows extends RowSource>(
	source: Rows,
	blockRows = source.rows,
	beyond: number = SAFE_EXPONENT[source.dtype],
): WithoutOffsets<Rows> {
	const { rows, cols } = source;
	const offsets = Matrix.zeros(rows / blockRows, cols);
	for (let block = 0; block < offsets.rows; block++) {
		const shift = new ColumnShift(cols);
		for (const numbers of blocksOf(source, block * blockRows, (block + 1) * blockRows)) shift.add(numbers);
		const { range, least } = shift;
		for (let b = 0; b < cols; b++) {
			const [low, high] = [range.min[b], range.max[b]];
			const most = Math.max(-low, high);
			const isClose = (low > 0 || high < 0) && Number.isFinite(most) && most <= 2 * least[b];
			if (isClose && Math.abs(Math.log2(most)) > beyond) offsets.row(block)[b] = low > 0 ? low : high;
		}
	}
	const subtract = (numbers: Numbers, first: number): void => {
		for (let at = 0, row = first; at < numbers.length; row++) {
			const own = offsets.row(Math.floor(row / blockRows));
			for (let b = 0; b < cols; b++) numbers[at++] -= own[b];
		}
	};
	return { rows: offsets.data.every((x) => x === 0) ? source : rowsMapped(source, subtract), offsets };
}
