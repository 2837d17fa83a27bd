// Rows made ready in double precision, whatever the number type, and rounded once: moved to a centre, multiplied by a matrix, weighed. Panels of
// single precision become blocks of panels of doubles, which the same loops go over.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes, panelRows } from "./panel";

/** Blocks of d panels of doubles that the rows of d panels of T fill. */
// @ts-ignore: decorator
@inline
export function wideBlocks<T>(): usize {
	return 8 / sizeof<T>();
}

/**
 * wide = x - centre for the rows of d panels, in double precision: `wideBlocks` blocks of d panels of doubles, each of as many rows as a panel of
 * doubles has. In single precision a number's bits, moved to where a double has them, are those of the number times 2^-896; unlike
 * promotion, which takes half a vector, V8 joins that.
 */
export function widenPanels<T>(x: usize, centre: usize, d: i32, wide: usize): void {
	const P = panelBytes();
	if (sizeof<T>() == 8) {
		for (const end = x + <usize>d * P; x < end; x += P, wide += P, centre += 8) {
			const middle = v128.load_splat<f64>(centre);
			// unroll v: TILE_VECTORS
			const x$v = f64x2.sub(v128.load(x, $v * 16), middle);
			// unroll v: TILE_VECTORS
			v128.store(wide, x$v, $v * 16);
		}
		return;
	}
	// Through memory: V8 makes a constant anew wherever it is used.
	store<f64>(wide, 5.282945311356653e269);
	store<u64>(wide, 0x8fffffffffffffff, 8);
	const block = <usize>d * P, power = v128.load_splat<f64>(wide), bits = v128.load_splat<u64>(wide, 8);
	for (const end = x + block; x < end; x += P, wide += P, centre += 8) {
		const middle = f64x2.neg(v128.load_splat<f64>(centre));
		// unroll h: 2, v: TILE_VECTORS
		const x$h$v = v128.and(i64x2.shl(v128.load_ext<i32>(x, ($h * TILE_VECTORS + $v) * 8), 29), bits);
		// unroll h: 2, v: TILE_VECTORS
		const y$h$v = multiplyAdd<f64>(x$h$v, power, middle);
		// unroll h: 2, v: TILE_VECTORS
		v128.store(wide + $h * block, y$h$v, $v * 16);
	}
}

/**
 * Zeros in the rows from `count` on of what `widenPanels<T>` left. Rows that are not there are then at the centre: every power of
 * them is 0, and none can overflow, however far the centre is from 0.
 */
export function clearWideRows<T>(wide: usize, d: i32, count: i32): void {
	const P = panelBytes(), block = <usize>d * P, rows = panelRows<f64>();
	for (let r = count; r < panelRows<T>(); r++) {
		const first = wide + <usize>(r / rows) * block + (<usize>(r % rows) << 3);
		for (let at = first; at < first + block; at += P) store<f64>(at, 0);
	}
}

/** Rounds doubles to `columns` panels of f32, outStep bytes apart, from blocks of d panels as `widenPanels` leaves. */
export function narrowPanels(wide: usize, columns: i32, d: i32, out: usize, outStep: usize): void {
	const P = panelBytes(), block = <usize>d * P;
	for (const end = wide + <usize>columns * P; wide < end; wide += P, out += outStep) {
		// unroll h: 2, v: TILE_VECTORS
		v128.store_lane<u64>(out, f32x4.demote_f64x2_zero(v128.load(wide + $h * block, $v * 16)), 0, ($h * TILE_VECTORS + $v) * 8);
	}
}

/** C <= 4 columns of `projectDoubles`. */
// @ts-ignore: decorator
@inline
function projectTile(C: i32, x: usize, M: usize, after: usize, d: i32, weights: usize, out: usize, outStep: usize): void {
	const P = panelBytes(), stride = <usize>d << 3;
	// unroll b: 4, v: TILE_VECTORS
	let a$b$v = $b < C ? f64x2.neg(v128.load_splat<f64>(after, $b * 8)) : zero();
	for (const end = x + <usize>d * P; x < end; x += P, M += stride) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		// unroll b: 4, v: TILE_VECTORS
		if ($b < C) a$b$v = multiplyAdd<f64>(v128.load_splat<f64>(M, $b * 8), x$v, a$b$v);
	}
	if (weights) {
		// unroll v: TILE_VECTORS
		const w$v = v128.load(weights, $v * 16);
		// unroll b: 4, v: TILE_VECTORS
		if ($b < C) a$b$v = f64x2.mul(a$b$v, w$v);
	}
	// unroll b: 4, v: TILE_VECTORS
	if ($b < C) v128.store(out + $b * outStep, a$b$v, $v * 16);
}

/**
 * out[b] = sum over a of x[a] · M[a][b] - after[b] for panels of doubles x[0..d-1], times the panel of weights if there is one; M (d x d) and after
 * (d) are doubles; panels of `out` are outStep bytes apart.
 */
export function projectDoubles(x: usize, M: usize, after: usize, d: i32, weights: usize, out: usize, outStep: usize): void {
	let left = d;
	for (; left >= 4; left -= 4, M += 32, after += 32, out += 4 * outStep) projectTile(4, x, M, after, d, weights, out, outStep);
	for (; left > 0; left--, M += 8, after += 8, out += outStep) projectTile(1, x, M, after, d, weights, out, outStep);
}

/**
 * The same for blocks of doubles as `widenPanels<T>` leaves them, rounded once to d panels of T; a panel of weights for each block, or 0.
 * products: 2 d panels, which f32 takes.
 */
export function projectWide<T>(
	wide: usize, M: usize, after: usize, d: i32, weights: usize, products: usize, out: usize, outStep: usize,
): void {
	if (sizeof<T>() == 8) return projectDoubles(wide, M, after, d, weights, out, outStep);
	const P = panelBytes(), block = <usize>d * P;
	projectDoubles(wide, M, after, d, weights, products, P);
	projectDoubles(wide + block, M, after, d, weights ? weights + P : 0, products + block, P);
	narrowPanels(products, d, d, out, outStep);
}

/** out[b] = sum over a of x[a] · M[a][b] - after[b] for panels x[0..d-1], in double precision and rounded once. none: d zeros; wide: 4 d panels, which f32 takes. */
export function projectPanels<T>(x: usize, M: usize, none: usize, after: usize, d: i32, out: usize, wide: usize): void {
	if (sizeof<T>() == 4) widenPanels<T>(x, none, d, wide);
	projectWide<T>(sizeof<T>() == 4 ? wide : x, M, after, d, 0, wide + <usize>(2 * d) * panelBytes(), out, panelBytes());
}

/** panel[i] -= centre[i] for d panels, in double precision and rounded once. wide: 2 d panels, which f32 takes. */
export function centrePanels<T>(d: i32, centre: usize, panel: usize, wide: usize): void {
	widenPanels<T>(panel, centre, d, sizeof<T>() == 4 ? wide : panel);
	if (sizeof<T>() == 4) narrowPanels(wide, d, d, panel, panelBytes());
}
