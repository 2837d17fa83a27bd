// The tile that every product is made of: rows of scalars by TILE_VECTORS vectors of accumulators, all in registers.
//
// `simd` and `fma` have 16 registers of 128 bits: 6 x 2 accumulators, 2 vectors and a scalar leave one.
// `fma256` is compiled so that pairs of vectors become one of 256 bits: 6 x 4 accumulators are then 12 registers again,
// and 12 independent sums cover the latency of two multiply-adds a cycle. 4 rows lose little and fit widths that 6 would pad.

import { lanes, multiplyAdd, zero } from "./arithmetic";

/** Numbers of a row of a tile. */
// @ts-ignore: decorator
@inline
export function tileColumns<T>(): i32 {
	return TILE_VECTORS * lanes<T>();
}

// each R: 4, 6
/**
 * C ($R x tileColumns, rows cStep bytes apart) += sum over k < count of a_k (outer) b_k; a_k are $R numbers, b_k
 * tileColumns numbers, aStep and bStep bytes apart. The sum is made from zero and then added to C.
 */
// @ts-ignore: decorator
@inline
export function accumulate$R<T>(
	a: usize, aStep: usize, b: usize, bStep: usize, count: i32, c: usize, cStep: usize,
): void {
	// unroll r: $R, v: TILE_VECTORS
	let c$r$v = zero();
	for (let k = 0; k < count; k++) {
		// unroll v: TILE_VECTORS
		const b$v = v128.load(b, $v * 16);
		// unroll r: $R
		const a$r = v128.load_splat<T>(a, $r * sizeof<T>());
		// unroll r: $R, v: TILE_VECTORS
		c$r$v = multiplyAdd<T>(a$r, b$v, c$r$v);
		a += aStep;
		b += bStep;
	}
	// unroll r: $R, v: TILE_VECTORS
	c$r$v = v128.add<T>(v128.load(c + $r * cStep, $v * 16), c$r$v);
	// unroll r: $R, v: TILE_VECTORS
	v128.store(c + $r * cStep, c$r$v, $v * 16);
}
