// The bounds of a block of rows by columns of squares: of one coordinate, or of all of them. All in double precision.

import { multiplyAdd } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { ERROR, kept } from "./acceptance";
import { GAP } from "./truncation";

/** Places among the SQUARE_PANELS panels of scratch of `squareBounds`: numbers that all columns share, then those of one column. */
export const OUTPUT: usize = 0;
export const RESIDUAL: usize = OUTPUT + 1;
export const INVERSE: usize = RESIDUAL + 1;
export const COTANGENT: usize = INVERSE + 1;
export const DEVIATION: usize = COTANGENT + 1;
export const KEY_ERRORS: usize = DEVIATION + 1;
export const KEY_ROOT: usize = KEY_ERRORS + 1;
export const MEAN_REST: usize = KEY_ROOT + 1;
const OWN: usize = MEAN_REST + 1;
const PILOT_SIZE: usize = OWN + 1;

/** to = ‖x‖² of each row for d panels, with the least normal number added for each square: those below the normal range are lost. */
// @ts-ignore: decorator
@inline
export function squareOf(d: i32, x: usize, to: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	let s$v = v128.splat<f64>(<f64>d * 2.2250738585072014e-308);
	for (const end = x + <usize>d * P; x < end; x += P) {
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(v128.load(x, $v * 16), v128.load(x, $v * 16), s$v);
	}
	// unroll v: TILE_VECTORS
	v128.store(to, s$v, $v * 16);
}

/** Lowers the bound of one coordinate. keyReach: at least every |k_b|; behind `known` by blocks: the part of the residual, and the mean key. */
export function entryBound(keyReach: usize, panels: usize, gradient: usize, pilot: usize, known: usize, block: usize, scratch: usize): void {
	const P = panelBytes(), reach = v128.load_splat<f64>(keyReach), square = v128.mul<f64>(reach, reach);
	// unroll v: TILE_VECTORS
	const E$v = v128.load(kept(panels, ERROR), $v * 16);
	// unroll v: TILE_VECTORS
	const inverse$v = v128.load(scratch + INVERSE * P, $v * 16);
	// unroll v: TILE_VECTORS
	const errors$v = v128.sqrt<f64>(v128.min<f64>(v128.load(scratch + KEY_ERRORS * P, $v * 16), v128.mul<f64>(square, E$v)));
	// unroll v: TILE_VECTORS
	const root$v = v128.min<f64>(v128.load(scratch + KEY_ROOT * P, $v * 16), reach);
	// unroll v: TILE_VECTORS
	const pilot$v = v128.add<f64>(v128.load(scratch + MEAN_REST * P, $v * 16), v128.abs<f64>(v128.load(pilot, $v * 16)));
	// unroll v: TILE_VECTORS
	const mean$v = v128.min<f64>(v128.mul<f64>(pilot$v, inverse$v), v128.min<f64>(root$v, v128.load(known + 2 * block, $v * 16)));
	// unroll v: TILE_VECTORS
	const moved$v = multiplyAdd<f64>(v128.sqrt<f64>(E$v), mean$v, errors$v);
	// unroll v: TILE_VECTORS
	const own$v = v128.mul<f64>(E$v, v128.abs<f64>(v128.load(gradient, $v * 16)));
	// unroll v: TILE_VECTORS
	const first$v = multiplyAdd<f64>(v128.load(scratch + COTANGENT * P, $v * 16), moved$v, own$v);
	// unroll v: TILE_VECTORS
	const last$v = v128.min<f64>(v128.load(known + block, $v * 16), v128.mul<f64>(v128.load(scratch + DEVIATION * P, $v * 16), root$v));
	// unroll v: TILE_VECTORS
	const bound$v = v128.min<f64>(multiplyAdd<f64>(first$v, inverse$v, last$v), v128.load(known, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(known, bound$v, $v * 16);
}

/** Sets the bound of all coordinates to one of their norm, with what an anisotropic set leaves out. */
export function normBound(
	d: i32, panels: usize, gradient: usize, pilot: usize, truncated: usize, known: usize, block: usize, scratch: usize,
): void {
	const P = panelBytes(), gap = truncated + GAP * P;
	squareOf(d, gradient, scratch + OWN * P);
	squareOf(d, pilot, scratch + PILOT_SIZE * P);
	// unroll v: TILE_VECTORS
	const E$v = v128.load(kept(panels, ERROR), $v * 16);
	// unroll v: TILE_VECTORS
	const inverse$v = v128.load(scratch + INVERSE * P, $v * 16);
	// unroll v: TILE_VECTORS
	const root$v = v128.load(scratch + KEY_ROOT * P, $v * 16);
	// unroll v: TILE_VECTORS
	const pilot$v = v128.add<f64>(v128.load(scratch + MEAN_REST * P, $v * 16), v128.sqrt<f64>(v128.load(scratch + PILOT_SIZE * P, $v * 16)));
	// unroll v: TILE_VECTORS
	const mean$v = v128.min<f64>(v128.mul<f64>(pilot$v, inverse$v), root$v);
	// unroll v: TILE_VECTORS
	const moved$v = multiplyAdd<f64>(v128.sqrt<f64>(E$v), mean$v, v128.sqrt<f64>(v128.load(scratch + KEY_ERRORS * P, $v * 16)));
	// unroll v: TILE_VECTORS
	let bound$v = v128.mul<f64>(E$v, v128.sqrt<f64>(v128.load(scratch + OWN * P, $v * 16)));
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(v128.load(scratch + COTANGENT * P, $v * 16), moved$v, bound$v);
	// unroll v: TILE_VECTORS
	const o$v = v128.sqrt<f64>(v128.load(scratch + OUTPUT * P, $v * 16));
	// unroll v: TILE_VECTORS
	const gap$v = multiplyAdd<f64>(o$v, v128.sqrt<f64>(v128.load(gap, $v * 16)), v128.sqrt<f64>(v128.load(gap + 2 * P, $v * 16)));
	// unroll v: TILE_VECTORS
	const left$v = v128.mul<f64>(v128.load(scratch + RESIDUAL * P, $v * 16), gap$v);
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(left$v, v128.sqrt<f64>(v128.load(gap + 4 * P, $v * 16)), bound$v);
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(bound$v, inverse$v, v128.mul<f64>(v128.load(scratch + DEVIATION * P, $v * 16), root$v));
	for (let to = known, end = known + block; to < end; to += P) {
		// unroll v: TILE_VECTORS
		v128.store(to, bound$v, $v * 16);
	}
}
