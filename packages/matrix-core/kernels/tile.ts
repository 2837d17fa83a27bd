// The tile that every product is made of: TILE_ROWS scalars by TILE_VECTORS vectors of accumulators, all in registers.
//
// `simd` and `fma` have 16 registers of 128 bits: 6 x 2 accumulators, 2 vectors and a scalar leave one.
// `fma256` is compiled so that pairs of vectors become one of 256 bits: 6 x 4 accumulators are then 12 registers again,
// and 12 independent sums cover the latency of two multiply-adds a cycle.
// A line `// unroll r: R, v: V` repeats the statement after it for every r < R and v < V; $r and $v stand for the numbers.

import { lanes, multiplyAdd } from "./arithmetic";

/** Numbers of a row of a tile. */
// @ts-ignore: decorator
@inline
export function tileColumns<T>(): i32 {
	return TILE_VECTORS * lanes<T>();
}

/**
 * C (TILE_ROWS x tileColumns, rows cStep bytes apart) += sum over k < count of a_k (outer) b_k;
 * a_k are TILE_ROWS numbers, b_k tileColumns numbers, aStep and bStep bytes apart.
 */
// @ts-ignore: decorator
@inline
export function accumulateTile<T>(
	a: usize, aStep: usize, b: usize, bStep: usize, count: i32, c: usize, cStep: usize,
): void {
	// unroll r: TILE_ROWS, v: TILE_VECTORS
	let c$r$v = v128.load(c + $r * cStep, $v * 16);
	for (let k = 0; k < count; k++) {
		// unroll v: TILE_VECTORS
		const b$v = v128.load(b, $v * 16);
		// unroll r: TILE_ROWS
		const a$r = v128.load_splat<T>(a, $r * sizeof<T>());
		// unroll r: TILE_ROWS, v: TILE_VECTORS
		c$r$v = multiplyAdd<T>(a$r, b$v, c$r$v);
		a += aStep;
		b += bStep;
	}
	// unroll r: TILE_ROWS, v: TILE_VECTORS
	v128.store(c + $r * cStep, c$r$v, $v * 16);
}
