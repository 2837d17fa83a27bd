// Kernels on whole matrices: the product, and the exponential of every entry.

import { exponentials } from "./exponentials";
import { packPanel, product } from "./product";
import { tileColumns } from "./tile";

// each BITS: 64, 32
/** Numbers of a row of the product's tile. */
export function tileColumns$BITS(_scratch: usize): i32 {
	return tileColumns<f$BITS>();
}

// each BITS: 64, 32
/** Columns `from`.. of op(B), depth x cols, into a panel: see `packPanel`. Steps are bytes. */
export function packPanel$BITS(
	_scratch: usize, b: usize, rowStep: usize, columnStep: usize, depth: i32, from: i32, cols: i32, panel: usize,
): void {
	packPanel<f$BITS>(b, rowStep, columnStep, depth, from, cols, panel);
}

// each BITS: 64, 32
/** C = op(A) op(B), B in `count` panels: see `product`. Steps are bytes. */
export function product$BITS(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	product<f$BITS>(scratch, a, rowStep, columnStep, rows, depth, panels, count, c, cStep);
}

// each BITS: 64, 32
/** y = e^x for `count` numbers at any addresses; scratch: 512 bytes. */
export function exponentials$BITS(scratch: usize, x: usize, y: usize, count: i32): void {
	exponentials<f$BITS>(scratch, x, y, count);
}
