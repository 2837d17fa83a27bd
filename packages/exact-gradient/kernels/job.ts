// A problem as the kernels read it from memory, and the layout of their results.
//
// A *panel* has the width of a tile: tileColumns rows of a matrix, side by side, one after the other for each column
// of the matrix: [d][rows of the panel]. Queries, outputs and cotangents of a row block are panels: the vectors of a tile
// run along the rows of the problem, so that nothing is ever summed across a vector, and any d fits.
// Keys and value inputs are the scalars of tiles, and are packed twice:
//   by row     groups of 6 keys [d][6], then the last n mod 6 keys one by one [d]   (scores)
//   by column  chunk by chunk of the keys that are taken at a time, groups of 4 columns [keys of the chunk][4], d padded with
//              zeros (weighted sums); a chunk lies in one piece, because reading short pieces far apart takes 1.3 times as long

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";

/** Keys of a score tile; columns of a tile of weighted sums. */
export const KEYS: i32 = 6;
export const COLUMNS: i32 = 4;

/** A problem in memory, as packed.ts writes it: addresses and sizes, 4 bytes each. */
@unmanaged
export class Job {
	n: i32;
	d: i32;
	/** Keys taken at a time: what is packed of them and their weights stay in the cache. */
	chunk: i32;
	/** Rows of a task at the most, a multiple of the panel. */
	blockRows: i32;
	keysByRow: usize;
	keysByColumn: usize;
	valuesByRow: usize;
	valuesByColumn: usize;
	/** scale · X, Y and Yᵀ by column. */
	X: usize;
	Y: usize;
	transposedY: usize;
	/** Bytes of a row of a panel. A field, not a constant: with a constant step V8 pairs the wrong stores (see matrix-core). */
	step: usize;
	/** Largest length of a key, one number (f64). */
	longestKey: usize;
}

/** d, padded to whole groups of columns. */
// @ts-ignore: decorator
@inline
export function paddedColumns(d: i32): i32 {
	return (d + COLUMNS - 1) / COLUMNS * COLUMNS;
}

/** `count`, padded to whole panels. */
// @ts-ignore: decorator
@inline
export function paddedRows<T>(count: i32): i32 {
	return (count + tileColumns<T>() - 1) / tileColumns<T>() * tileColumns<T>();
}
