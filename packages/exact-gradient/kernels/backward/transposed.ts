// Sums over the rows of a block, one for each key: weightsᵀ B for B = upstream gradients or queries, row-major.
// The scalars of the tile are the weights of a group of keys, a panel's row apart; its vectors are columns of B. Where the columns do not
// fill a tile, a tile of half the width takes twice the keys, so that as many sums are made at once.

import { lanes, multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";

// each R: 1, 6
/**
 * C ($R x tileColumns, rows cStep bytes apart) += sum over the rows of `panels` panels, panelBytes apart, of weights (outer) b:
 * the weights of $R keys, rows of b bStep bytes apart.
 */
// @ts-ignore: decorator
@inline
function addTransposed$R<T>(weights: usize, panelBytes: usize, panels: i32, b: usize, bStep: usize, c: usize, cStep: usize): void {
	// unroll r: $R, v: TILE_VECTORS
	let c$r$v = zero();
	for (let p = 0; p < panels; p++, weights += panelBytes) {
		for (let w = weights, end = weights + TILE_VECTORS * 16; w < end; w += sizeof<T>(), b += bStep) {
			// unroll v: TILE_VECTORS
			const b$v = v128.load(b, $v * 16);
			// unroll r: $R
			const w$r = v128.load_splat<T>(w, $r * TILE_VECTORS * 16);
			// unroll r: $R, v: TILE_VECTORS
			c$r$v = multiplyAdd<T>(w$r, b$v, c$r$v);
		}
	}
	// unroll r: $R, v: TILE_VECTORS
	c$r$v = v128.add<T>(v128.load(c + $r * cStep, $v * 16), c$r$v);
	// unroll r: $R, v: TILE_VECTORS
	v128.store(c + $r * cStep, c$r$v, $v * 16);
}

// each R: 1, 12
/** `addTransposed`, of half the columns. */
// @ts-ignore: decorator
@inline
function addHalfTransposed$R<T>(weights: usize, panelBytes: usize, panels: i32, b: usize, bStep: usize, c: usize, cStep: usize): void {
	// unroll r: $R, v: HALF_VECTORS
	let c$r$v = zero();
	for (let p = 0; p < panels; p++, weights += panelBytes) {
		for (let w = weights, end = weights + TILE_VECTORS * 16; w < end; w += sizeof<T>(), b += bStep) {
			// unroll v: HALF_VECTORS
			const b$v = v128.load(b, $v * 16);
			// unroll r: $R
			const w$r = v128.load_splat<T>(w, $r * TILE_VECTORS * 16);
			// unroll r: $R, v: HALF_VECTORS
			c$r$v = multiplyAdd<T>(w$r, b$v, c$r$v);
		}
	}
	// unroll r: $R, v: HALF_VECTORS
	c$r$v = v128.add<T>(v128.load(c + $r * cStep, $v * 16), c$r$v);
	// unroll r: $R, v: HALF_VECTORS
	v128.store(c + $r * cStep, c$r$v, $v * 16);
}

/**
 * C (keys x width, rows cStep bytes apart) += sum over all rows of the block of weights (outer) b. Weights of `keys` keys, a panel's
 * row apart; `panels` panels, panelBytes apart; b: a row for each row of the panels, in tiles; width: a whole number of half tiles.
 */
export function addTransposedProduct<T>(
	weights: usize, keys: i32, panelBytes: usize, panels: i32, b: usize, width: i32, c: usize, cStep: usize,
): void {
	const W = tileColumns<T>(), row: usize = TILE_VECTORS * 16, tileBytes = <usize>(panels * W) * row;
	let column = 0;
	for (; column + W <= width; column += W, b += tileBytes, c += row) {
		let l = 0;
		for (; l + 6 <= keys; l += 6)
			addTransposed6<T>(weights + <usize>l * row, panelBytes, panels, b, row, c + <usize>l * cStep, cStep);
		for (; l < keys; l++)
			addTransposed1<T>(weights + <usize>l * row, panelBytes, panels, b, row, c + <usize>l * cStep, cStep);
	}
	if (column == width) return;
	let l = 0;
	for (; l + 12 <= keys; l += 12)
		addHalfTransposed12<T>(weights + <usize>l * row, panelBytes, panels, b, row / 2, c + <usize>l * cStep, cStep);
	for (; l < keys; l++)
		addHalfTransposed1<T>(weights + <usize>l * row, panelBytes, panels, b, row / 2, c + <usize>l * cStep, cStep);
}
