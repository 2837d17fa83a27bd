// Inner products of a group of keys with the rows of a panel, and their use while they are in registers.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { exponentialBelow, exponentialInRange } from "@attgrad/matrix-core/kernels/exponential";

/** Uses of the inner products s, one product for each key and row: */
/** lines[row] = max(lines[row], s) */
export const MAXIMUM: i32 = 0;
/** weights = exp(s), lines[row] += weights; |s| must be within the exponential's range */
export const WEIGHTS: i32 = 1;
/** weights = exp(s + start[row]), lines[row] += weights; s + start[row] is at most about 0, or anything below */
export const SHIFTED_WEIGHTS: i32 = 2;
/** weights *= s + start[row] */
export const COTANGENTS: i32 = 3;
/** weights = s */
export const SCORES: i32 = 4;

// each R: 1, 6
/**
 * s = inner products over `depth` of $R keys, [depth][$R], with the rows of a panel, [depth][rows]. `weights` is $R rows of
 * a panel, `start` and `lines` one each; all are `step` bytes apart, and `table` is the exponential's.
 */
// @ts-ignore: decorator
@inline
export function scores$R<T>(
	keys: usize, panel: usize, step: usize, depth: i32, weights: usize, start: usize, lines: usize, table: usize, mode: i32,
): void {
	// unroll r: $R, v: TILE_VECTORS
	let s$r$v = zero();
	for (let l = 0; l < depth; l++) {
		// unroll v: TILE_VECTORS
		const q$v = v128.load(panel, $v * 16);
		// unroll r: $R
		const k$r = v128.load_splat<T>(keys, $r * sizeof<T>());
		// unroll r: $R, v: TILE_VECTORS
		s$r$v = multiplyAdd<T>(k$r, q$v, s$r$v);
		keys += $R * sizeof<T>();
		panel += step;
	}
	if (mode == COTANGENTS || mode == SHIFTED_WEIGHTS) {
		// unroll v: TILE_VECTORS
		const start$v = v128.load(start, $v * 16);
		// unroll r: $R, v: TILE_VECTORS
		s$r$v = v128.add<T>(s$r$v, start$v);
	}
	if (mode == COTANGENTS) {
		// unroll r: $R, v: TILE_VECTORS
		s$r$v = v128.mul<T>(v128.load(weights + $r * step, $v * 16), s$r$v);
		// unroll r: $R, v: TILE_VECTORS
		v128.store(weights + $r * step, s$r$v, $v * 16);
		return;
	}
	if (mode == SCORES) {
		// unroll r: $R, v: TILE_VECTORS
		v128.store(weights + $r * step, s$r$v, $v * 16);
		return;
	}
	// unroll v: TILE_VECTORS
	let line$v = v128.load(lines, $v * 16);
	if (mode == MAXIMUM) {
		// unroll r: $R, v: TILE_VECTORS
		line$v = v128.max<T>(line$v, s$r$v);
	} else {
		if (mode == WEIGHTS) {
			// unroll r: $R, v: TILE_VECTORS
			s$r$v = exponentialInRange<T>(s$r$v, table);
		} else {
			// unroll r: $R, v: TILE_VECTORS
			s$r$v = exponentialBelow<T>(s$r$v, table);
		}
		// unroll r: $R, v: TILE_VECTORS
		line$v = v128.add<T>(line$v, s$r$v);
		// unroll r: $R, v: TILE_VECTORS
		v128.store(weights + $r * step, s$r$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(lines, line$v, $v * 16);
}

/** Inner products of keys from..to-1 of a packing by row, in one of the modes; `weights` is the panel of key 0. */
// @ts-ignore: decorator
@inline
export function scores<T>(
	keysByRow: usize, from: i32, to: i32, n: i32, d: i32, panel: usize, step: usize,
	weights: usize, start: usize, lines: usize, table: usize, mode: i32,
): void {
	const whole = min(to, n / 6 * 6);
	let key = from;
	for (; key < whole; key += 6)
		scores6<T>(keysByRow + <usize>key * d * sizeof<T>(), panel, step, d, weights + <usize>key * step, start, lines, table, mode);
	for (; key < to; key++)
		scores1<T>(keysByRow + <usize>key * d * sizeof<T>(), panel, step, d, weights + <usize>key * step, start, lines, table, mode);
}
