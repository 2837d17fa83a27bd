// The rows of a block that the method with row polynomials takes, and the numbers of a row that its bound is made of: the same rule as
// `row-terms.ts`. All in double precision; a panel of single precision is two blocks of panels of doubles, each by itself.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { columnSums, termSizes } from "./solved-sums";

/** Places of the doubles that a bound takes, in bytes from the address of its constants; then rows of d: key reach, H, output, residual, term reach, mean, known. */
export const SUMS: usize = 0;
export const SCORE_ERROR: usize = SUMS + 8;
export const KEY_NORM: usize = SCORE_ERROR + 8;
export const RADIUS: usize = KEY_NORM + 8;
export const KAPPA: usize = RADIUS + 8;
export const ROUNDING: usize = KAPPA + 8;
export const RANGE_SQUARE: usize = ROUNDING + 8;
export const KEY_RATIO: usize = RANGE_SQUARE + 8;
export const LEAST_REACH: usize = KEY_RATIO + 8;
export const CONSTANT: usize = LEAST_REACH + 8;
export const OUTPUT_SQUARE: usize = CONSTANT + 8;
export const PRODUCT: usize = OUTPUT_SQUARE + 8;
export const COVARIANCE_ERROR: usize = PRODUCT + 8;
/** The power of scores from which on terms count in full in a growth, and the part that those below count by. */
export const FULL_FROM: usize = COVARIANCE_ERROR + 8;
export const SHARE: usize = FULL_FROM + 8;
/** Rounding of a term of a gradient, where that of states is known from covariances. */
export const TERM: usize = SHARE + 8;
export const COLUMNS: usize = TERM + 8;

/** Places among the KEPT_PANELS panels of a block of rows between `acceptRows` and `rowBounds`. */
export const REACH: usize = 0;
export const NORMALISER: usize = REACH + 1;
export const ERROR: usize = NORMALISER + 1;
export const GROWTH: usize = ERROR + 1;
export const KAPPAS: usize = GROWTH + 1;
export const ACCEPTED: usize = KAPPAS + 1;
export const LEAST: usize = ACCEPTED + 1;
export const SIZE: usize = LEAST + 1;
/** Σ ω P x and at least Σ ω |e^s − P| x, x = ‖v‖² and ‖k‖²; before those of x = ‖v‖², the ones of x = 1. */
export const VALUE_SUM: usize = SIZE + 1;
export const VALUE_ERROR: usize = VALUE_SUM + 1;
export const KEY_SUM_ERROR: usize = VALUE_ERROR + 1;
export const KEY_SUM: usize = KEY_SUM_ERROR + 1;
/** Beside REACH: at least (Σ ω |x| t^k / Σ ω |x|)^(1/k), t the sizes |q_i k_i| of a score's terms, for x = 1 and x = v_i and each k <= g. */
export const TERM_REACH: usize = KEY_SUM + 1;

/** Address of a panel that is kept. */
// @ts-ignore: decorator
@inline
export function kept(panels: usize, which: usize): usize {
	return panels + which * panelBytes();
}

/** to += a panel. */
// @ts-ignore: decorator
@inline
export function addPanel(from: usize, to: usize): void {
	// unroll v: TILE_VECTORS
	const made1$v = v128.add<f64>(v128.load(from, $v * 16), v128.load(to, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(to, made1$v, $v * 16);
}

/** Reach of a block of rows: at least every |score|, by coordinates or by norms, from d panels of stored queries; and the reach of terms. */
export function reachOfRows(d: i32, q: usize, bounds: usize, panels: usize): void {
	const P = panelBytes(), last = q + <usize>d * P;
	// unroll v: TILE_VECTORS
	let square$v = zero();
	// unroll v: TILE_VECTORS
	let sum$v = zero();
	// unroll v: TILE_VECTORS
	let term$v = zero();
	for (let reach = bounds + COLUMNS; q < last; q += P, reach += 8) {
		const most = v128.load_splat<f64>(reach), ofTerm = v128.load_splat<f64>(reach + (<usize>d << 5));
		// unroll v: TILE_VECTORS
		const x$v = v128.load(q, $v * 16);
		// unroll v: TILE_VECTORS
		square$v = multiplyAdd<f64>(x$v, x$v, square$v);
		// unroll v: TILE_VECTORS
		sum$v = multiplyAdd<f64>(v128.abs<f64>(x$v), most, sum$v);
		// unroll v: TILE_VECTORS
		term$v = multiplyAdd<f64>(v128.abs<f64>(x$v), ofTerm, term$v);
	}
	const norm = v128.load_splat<f64>(bounds, KEY_NORM), floor = v128.load_splat<f64>(bounds, LEAST_REACH), to = kept(panels, REACH);
	// unroll v: TILE_VECTORS
	const reach$v = v128.max<f64>(floor, v128.min<f64>(sum$v, v128.mul<f64>(v128.sqrt<f64>(square$v), norm)));
	// unroll v: TILE_VECTORS
	v128.store(to, reach$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, TERM_REACH), v128.max<f64>(floor, v128.min<f64>(term$v, reach$v)), $v * 16);
}

/**
 * Which rows of a block the method takes: all bits set in ACCEPTED. NORMALISER has been set; sums are those of the column of ones.
 * truncated: the panels of `truncate`, zero where nothing is left out, of which the first is what the error sum of ones lacks.
 */
export function acceptRows(
	degree: i32, r: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize, truncated: usize,
): void {
	const error = kept(panels, VALUE_ERROR), size = kept(panels, SIZE), reach = kept(panels, REACH), normaliser = kept(panels, NORMALISER);
	columnSums(degree, r, constants, solution, sums, error, kept(panels, VALUE_SUM));
	addPanel(truncated, error);
	termSizes(degree, <i32>load<f64>(bounds, FULL_FROM), bounds + SHARE, solution, kept(panels, TERM_REACH), size);
	const cs = v128.load_splat<f64>(bounds, SUMS), one = v128.splat<f64>(1), none = zero();
	const input = v128.load_splat<f64>(bounds, SCORE_ERROR), more = v128.splat<f64>(1.0 + load<f64>(bounds, SCORE_ERROR));
	const some = v128.splat<f64>(1.02 * load<f64>(bounds, SCORE_ERROR));
	// unroll v: TILE_VECTORS
	const D$v = v128.load(normaliser, $v * 16);
	// unroll v: TILE_VECTORS
	const g$v = v128.div<f64>(v128.mul<f64>(v128.load(size, $v * 16), v128.load(sums, $v * 16)), D$v);
	// unroll v: TILE_VECTORS
	const rounding$v = v128.mul<f64>(cs, g$v);
	// unroll v: TILE_VECTORS
	const least$v = v128.mul<f64>(D$v, v128.sub<f64>(one, rounding$v));
	// unroll v: TILE_VECTORS
	const e$v = multiplyAdd<f64>(some, D$v, v128.mul<f64>(more, v128.load(error, $v * 16)));
	// unroll v: TILE_VECTORS
	const kappa$v = v128.div<f64>(e$v, least$v);
	const radius = v128.load_splat<f64>(bounds, RADIUS), most = v128.load_splat<f64>(bounds, KAPPA), largest = v128.load_splat<f64>(bounds, ROUNDING);
	// unroll v: TILE_VECTORS
	let a$v = v128.and(v128.le<f64>(v128.load(reach, $v * 16), radius), v128.gt<f64>(least$v, none));
	// unroll v: TILE_VECTORS
	a$v = v128.and(a$v, v128.and(v128.lt<f64>(kappa$v, most), v128.le<f64>(rounding$v, largest)));
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, GROWTH), g$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, KAPPAS), kappa$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, ERROR), e$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, LEAST), least$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(kept(panels, ACCEPTED), a$v, $v * 16);
}

/** The panel ACCEPTED, and those of REACH and NORMALISER, of a block. */
// @ts-ignore: decorator
@inline
export function acceptedOf(panels: usize): usize {
	return kept(panels, ACCEPTED);
}

// @ts-ignore: decorator
@inline
export function reachIn(panels: usize): usize {
	return kept(panels, REACH);
}

// @ts-ignore: decorator
@inline
export function normaliserIn(panels: usize): usize {
	return kept(panels, NORMALISER);
}
