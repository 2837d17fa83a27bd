// Loops over entries, in whole tiles: rows of products are padded to those.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";

/** Bytes of a tile's row. */
// @ts-ignore: decorator
@inline
function tileBytes(): usize {
	return <usize>tileColumns<f64>() << 3;
}

/** Fills the table, 256 bytes of scratch, of `kernelsOf`. */
export function prepareKernels(table: usize): void {
	prepareExponential<f64>(table);
}

/** x = e^min(x, 0) for the numbers of whole tiles, 0 where that is below 2^-1021. Exponents −‖x − y‖²/2 are above 0 by rounding only. */
export function kernelsOf(table: usize, x: usize, bytes: usize): void {
	for (const end = x + bytes; x < end; x += tileBytes()) {
		// unroll v: TILE_VECTORS
		const e$v = exponentialBelow<f64>(v128.min<f64>(v128.load(x, $v * 16), zero()), table);
		// unroll v: TILE_VECTORS
		v128.store(x, e$v, $v * 16);
	}
}

/** x = factor · x for the numbers of whole tiles; gives Σ x². */
export function scaleEntries(x: usize, bytes: usize, factor: f64): f64 {
	const by = v128.splat<f64>(factor), end = x + bytes;
	// unroll v: TILE_VECTORS
	let sum$v = zero();
	for (; x < end; x += tileBytes()) {
		// unroll v: TILE_VECTORS
		const x$v = v128.mul<f64>(by, v128.load(x, $v * 16));
		// unroll v: TILE_VECTORS
		sum$v = multiplyAdd<f64>(x$v, x$v, sum$v);
		// unroll v: TILE_VECTORS
		v128.store(x, x$v, $v * 16);
	}
	let sum = zero();
	// unroll v: TILE_VECTORS
	sum = v128.add<f64>(sum, sum$v);
	return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** y = factor · x; whole tiles are written, of which the rest has no meaning. */
export function scaledEntries(x: usize, bytes: usize, factor: f64, y: usize): void {
	const by = v128.splat<f64>(factor);
	for (const end = x + bytes; x < end; x += tileBytes(), y += tileBytes()) {
		// unroll v: TILE_VECTORS
		const x$v = v128.mul<f64>(by, v128.load(x, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(y, x$v, $v * 16);
	}
}

/** x = 2 (factor · sizes ∘ x − y), for whole tiles. */
export function twiceResidual(x: usize, bytes: usize, factor: f64, sizes: usize, y: usize): void {
	const by = v128.splat<f64>(factor);
	for (const end = x + bytes; x < end; x += tileBytes(), sizes += tileBytes(), y += tileBytes()) {
		// unroll v: TILE_VECTORS
		const size$v = v128.mul<f64>(by, v128.load(sizes, $v * 16));
		// unroll v: TILE_VECTORS
		const y$v = v128.load(y, $v * 16);
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		// unroll v: TILE_VECTORS
		const made$v = v128.sub<f64>(v128.mul<f64>(size$v, x$v), y$v);
		// unroll v: TILE_VECTORS
		v128.store(x, v128.add<f64>(made$v, made$v), $v * 16);
	}
}
