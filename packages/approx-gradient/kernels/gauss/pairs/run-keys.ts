// The keys of a run of pairs.

/** Bytes of a column of the keys of a run, one after the other. */
export const RUN_BYTES_OF_COLUMN: usize = PAIRS_OF_RUN * 8;

/** Copies the keys of a run, column by column. */
// @ts-ignore: decorator
@inline
export function copyKeys(from: usize, stride: usize, to: usize): void {
	for (let pair = 0; pair < PAIRS_OF_RUN; pair += 2, from += 2 * stride, to += 16)
		for (let at = from, end = from + stride, column = to; at < end; at += 8, column += RUN_BYTES_OF_COLUMN)
			v128.store(column, v128.load_lane<f64>(at + stride, v128.load_zero<f64>(at), 1));
}
