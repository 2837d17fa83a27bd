// One head of keys as the backward kernels read it from memory. Panels and packings are those of ../job.ts.

import { lanes } from "@attgrad/matrix-core/kernels/arithmetic";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";

/** A head of keys in memory: addresses and sizes, 4 bytes each. */
@unmanaged
export class BackwardJob {
	/** Keys. */
	keys: i32;
	/** Width of queries and keys; width of values and outputs. */
	d: i32;
	dv: i32;
	/** Keys taken at a time, from a multiple of it on: a multiple of 12. */
	chunk: i32;
	/** Rows of a block at the most, a multiple of the panel. */
	blockRows: i32;
	/** 1: the upstream gradient is the output less what stands in its place. */
	residual: i32;
	keysByRow: usize;
	keysByColumn: usize;
	valuesByRow: usize;
	valuesByColumn: usize;
	/** Subtracted from every key and from every value: d numbers, dv numbers. */
	keyCentre: usize;
	valueCentre: usize;
	/** First visible key of each query, and the one after the last: 4 bytes each. */
	lo: usize;
	hi: usize;
	/** Bytes of a row of a panel; a field, not a constant (see ../job.ts). */
	step: usize;
	/** Two numbers of 8 bytes: the factor of the scores, the largest length of a key. */
	numbers: usize;
}

/** `count`, padded to whole half tiles. */
// @ts-ignore: decorator
@inline
export function paddedWidth<T>(count: i32): i32 {
	const half = HALF_VECTORS * lanes<T>();
	return (count + half - 1) / half * half;
}

/** Panels of `rows` rows. */
// @ts-ignore: decorator
@inline
export function panelsOf<T>(rows: i32): i32 {
	return (rows + tileColumns<T>() - 1) / tileColumns<T>();
}

/**
 * Bytes from the beginning of a matrix in tiles, rows x columns, to column i of row j. A tile has the width of a register tile and all rows; columns
 * that do not fill one stand in a tile of half the width.
 */
// @ts-ignore: decorator
@inline
export function placeInTiles<T>(j: i32, i: i32, rows: i32, columns: i32): usize {
	const W = tileColumns<T>(), tile = i / W * W, width = min(W, paddedWidth<T>(columns) - tile);
	return <usize>(tile * rows + j * width + i - tile) * sizeof<T>();
}
