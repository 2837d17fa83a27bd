import { type Dtype, Matrix, type Numbers, type RowSource } from "@attgrad/matrix-core";

/**
 * Exponents within which sizes are left as they are. Four factors of a gradient's entry (A1, A2, values, residuals) of 2^±240 in double
 * precision and 2^±24 in single have products of 2^±960 and 2^±96, with room for sums and for weights of 1/n.
 */
export const SAFE_EXPONENT: Readonly<Record<Dtype, number>> = { f64: 240, f32: 24 };

/**
 * Exponent of typical entries of two columns that are multiplied, beside columns whose products are about 1, down to which all products with them stay in the
 * range: their squares are 2^-80 in single precision and 2^-960 in double.
 */
export const LEAST_ROOT: Readonly<Record<Dtype, number>> = { f64: -480, f32: -40 };

/** Rows that are read at a time. */
const BLOCK_ROWS = 1024;

/** The numbers of some rows, default all, block by block: those of a matrix at once, as they are. A block is valid until the next one is read. */
export function* blocksOf(source: RowSource, first = 0, last = source.rows): Generator<Numbers> {
	if (source instanceof Matrix) return yield source.slice(first, last).data;
	const rows = Matrix.zeros(Math.min(BLOCK_ROWS, last - first), source.cols);
	for (let from = first; from < last; from += BLOCK_ROWS) {
		const to = Math.min(last, from + BLOCK_ROWS);
		source.readRows(from, to, rows.data);
		yield rows.data.subarray(0, (to - from) * source.cols);
	}
}

/** Whether all entries other than 0 are within 2^±SAFE_EXPONENT. One pass, one comparison or two an entry. */
export function isOfSafeSizes(source: RowSource): boolean {
	const exponent = SAFE_EXPONENT[source.dtype];
	const [least, most] = [2 ** -exponent, 2 ** exponent];
	for (const numbers of blocksOf(source))
		for (let at = 0; at < numbers.length; at++) {
			const size = Math.abs(numbers[at]);
			if (!(size >= least && size <= most) && size !== 0) return false;
		}
	return true;
}

/**
 * The exponent of the typical entry of each column: the mean of the exponents of entries other than 0, so that a few entries at an
 * extreme move it little; undefined for a column of zeros, which has no size.
 */
export function typicalExponents(source: RowSource): readonly (number | undefined)[] {
	const { cols } = source;
	const [sums, counts] = [new Float64Array(cols), new Float64Array(cols)];
	for (const numbers of blocksOf(source))
		for (let at = 0; at < numbers.length; )
			for (let b = 0; b < cols; b++, at++) {
				const x = numbers[at];
				if (x === 0 || x - x !== 0) continue;
				sums[b] += Math.log2(Math.abs(x));
				counts[b]++;
			}
	return Array.from(sums, (sum, b) => (counts[b] === 0 ? undefined : Math.round(sum / counts[b])));
}

/** The exponent of the largest entry, where entry (i, b) is multiplied by 2^shift(i, b); undefined where all are 0. */
export function largestExponent(source: RowSource, shift = (_i: number, _b: number): number => 0): number | undefined {
	let most = Number.NEGATIVE_INFINITY;
	let row = 0;
	for (const numbers of blocksOf(source))
		for (let at = 0; at < numbers.length; row++)
			for (let b = 0; b < source.cols; b++, at++) {
				const size = Math.abs(numbers[at]);
				if (size > 0) most = Math.max(most, Math.log2(size) + shift(row, b));
			}
	return most > Number.NEGATIVE_INFINITY ? Math.round(most) : undefined;
}
