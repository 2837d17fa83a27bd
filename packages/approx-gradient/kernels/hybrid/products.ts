// Products in double precision, compiled once for all kernels of the module.

import { addProduct, lowerProduct, packPanels, product } from "@attgrad/matrix-core/kernels/product";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";

/** Panels that `cols` columns take. */
// @ts-ignore: decorator
@inline
export function panelsOf(cols: i32): i32 {
	return (cols + tileColumns<f64>() - 1) / tileColumns<f64>();
}

/** Bytes of a row of `cols` columns in whole panels. */
// @ts-ignore: decorator
@inline
export function stepOf(cols: i32): usize {
	return <usize>(panelsOf(cols) * tileColumns<f64>()) << 3;
}

/** Rows that a product writes for `rows` of them. */
// @ts-ignore: decorator
@inline
export function padded(rows: i32): i32 {
	return (rows + 5) / 6 * 6;
}

/** See `packPanels`. */
export function pack(b: usize, rowStep: usize, columnStep: usize, depth: i32, cols: i32, panels: usize): void {
	packPanels<f64>(b, rowStep, columnStep, depth, cols, panels);
}

/** C = op(A) op(B), see `product`. */
export function multiply(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	product<f64>(scratch, a, rowStep, columnStep, rows, depth, panels, count, c, cStep);
}

/** C += op(A) op(B), see `addProduct`. */
export function multiplyInto(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	addProduct<f64>(scratch, a, rowStep, columnStep, rows, depth, panels, count, c, cStep);
}

/** C = L B for a lower triangular L, see `lowerProduct`. */
export function multiplyLower(scratch: usize, a: usize, rowStep: usize, rows: i32, panels: usize, count: i32, c: usize, cStep: usize): void {
	lowerProduct<f64>(scratch, a, rowStep, rows, panels, count, c, cStep);
}
