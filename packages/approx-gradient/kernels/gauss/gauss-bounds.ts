// Error bounds of a panel of rows with polynomials of their own: the same formulas as `row-terms.ts`. All in double
// precision; a panel of single precision is two blocks of panels of doubles, each by itself.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import {
	ACCEPTED, addPanel, COLUMNS, CONSTANT, ERROR, GROWTH, KAPPAS, kept, KEY_NORM, KEY_RATIO, KEY_SUM, KEY_SUM_ERROR, LEAST, NORMALISER, OUTPUT_SQUARE, PRODUCT, RANGE_SQUARE, REACH, SCORE_ERROR, SIZE, SUMS, VALUE_ERROR, VALUE_SUM,
} from "./acceptance";
import { covarianceBounds } from "./covariances";
import { columnSums } from "./solved-sums";
import { GAP, LACKING, PILOT, SCORES, WEIGHTED } from "./truncation";

/** norms: ‖x‖² of each row for d panels, with the least normal number for each square that is below it. */
// @ts-ignore: decorator
@inline
function squareOf(d: i32, x: usize, to: usize): void {
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

/**
 * Terms of a block of rows: l1, then V of all coordinates, by columns of squares or by covariances, then what rounding has with the growth, three panels; 0 for rows that are not
 * accepted, and one of the first two is 0 for each row.
 * output, residual, gradient, pilot: d panels each; extra: 2 where there are sums of squares of values and keys behind those of ones.
 * products: (d + 1) d panels, or 0 where covariances are not known. truncated: the panels of `truncate`, zero where nothing is left out.
 * scratch: 7 + d panels.
 */
export function rowBounds(
	d: i32, degree: i32, r: i32, extra: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize,
	output: usize, residual: usize, gradient: usize, pilot: usize, products: usize, truncated: usize, terms: usize, scratch: usize,
): void {
	const P = panelBytes(), columns = <usize>d << 3, three = v128.splat<f64>(3), one = v128.splat<f64>(1);
	const kappa = kept(panels, KAPPAS), outputSquare = v128.load_splat<f64>(bounds, OUTPUT_SQUARE), product = v128.load_splat<f64>(bounds, PRODUCT);
	// unroll v: TILE_VECTORS
	const tau$v = v128.add<f64>(v128.load(kappa, $v * 16), v128.load(kappa, $v * 16));
	// unroll v: TILE_VECTORS
	const factor$v = v128.add<f64>(three, tau$v);
	// unroll v: TILE_VECTORS
	const own$v = multiplyAdd<f64>(v128.splat<f64>(12.0 * load<f64>(bounds, SUMS)), v128.load(kept(panels, GROWTH), $v * 16), one);
	// unroll v: TILE_VECTORS
	let l$v = zero();
	// unroll v: TILE_VECTORS
	let s$v = v128.load_splat<f64>(bounds, CONSTANT);
	for (let i = 0, at = bounds + COLUMNS + columns; i < d; i++, at += 8) {
		const o = output + <usize>i * P, c = residual + <usize>i * P;
		const H = v128.load_splat<f64>(at), ofOutput = v128.load_splat<f64>(at + columns), ofResidual = v128.load_splat<f64>(at + 2 * columns);
		// unroll v: TILE_VECTORS
		const o$v = v128.abs<f64>(v128.load(o, $v * 16));
		// unroll v: TILE_VECTORS
		const c$v = v128.abs<f64>(v128.load(c, $v * 16));
		// unroll v: TILE_VECTORS
		l$v = multiplyAdd<f64>(H, multiplyAdd<f64>(factor$v, c$v, v128.mul<f64>(own$v, H)), l$v);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(o$v, multiplyAdd<f64>(outputSquare, o$v, ofOutput), s$v);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(c$v, multiplyAdd<f64>(product, o$v, ofResidual), s$v);
	}
	const growth = kept(panels, GROWTH), accepted = kept(panels, ACCEPTED);
	// unroll v: TILE_VECTORS
	s$v = v128.mul<f64>(v128.mul<f64>(v128.add<f64>(one, tau$v), v128.load(growth, $v * 16)), s$v);
	// unroll v: TILE_VECTORS
	const made1$v = v128.and(v128.load(accepted, $v * 16), v128.mul<f64>(tau$v, l$v));
	// unroll v: TILE_VECTORS
	v128.store(terms, made1$v, $v * 16);
	// unroll v: TILE_VECTORS
	const made2$v = v128.and(v128.load(accepted, $v * 16), s$v);
	// unroll v: TILE_VECTORS
	v128.store(terms + 2 * P, made2$v, $v * 16);
	const exponential = solution + <usize>(degree + 2 * r + 5) * P, known = scratch + 4 * P, around = known + 2 * P, gap = around + <usize>d * P;
	gapOfRows(d, bounds, panels, residual, truncated, gap);
	if (products) covarianceBounds(d, constants, bounds, exponential, sums, panels, output, residual, gradient, products, known, around);
	else {
		const unknown = v128.splat<f64>(Infinity);
		// unroll p: 2, v: TILE_VECTORS
		v128.store(known, unknown, ($p * TILE_VECTORS + $v) * 16);
	}
	if (extra) spread(d, degree, r, constants, bounds, solution, sums, panels, output, residual, gradient, pilot, truncated, known, scratch);
	chooseLess(bounds, panels, known, gap, terms);
}

/** At least the size of the part of a gradient that an anisotropic set lacks or has too much, by the norms of keys; 0 for rows that are not accepted. */
function gapOfRows(d: i32, bounds: usize, panels: usize, residual: usize, truncated: usize, to: usize): void {
	const P = panelBytes(), kappa = kept(panels, KAPPAS), growth = kept(panels, GROWTH), gap = truncated + GAP * P;
	const rounded = v128.splat<f64>(3.0 * load<f64>(bounds, SUMS)), two = v128.splat<f64>(2.0), norm = v128.load_splat<f64>(bounds, KEY_NORM);
	// unroll v: TILE_VECTORS
	const own$v = v128.mul<f64>(rounded, v128.load(growth, $v * 16));
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let i = 0, at = bounds + COLUMNS + (<usize>d << 3); i < d; i++, at += 8) {
		const c = residual + <usize>i * P, H = v128.load_splat<f64>(at);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(H, multiplyAdd<f64>(own$v, H, v128.abs<f64>(v128.load(c, $v * 16))), s$v);
	}
	// unroll v: TILE_VECTORS
	const k$v = v128.load(kappa, $v * 16);
	// unroll v: TILE_VECTORS
	s$v = v128.mul<f64>(v128.mul<f64>(norm, multiplyAdd<f64>(two, k$v, two)), s$v);
	const least = kept(panels, LEAST), accepted = kept(panels, ACCEPTED);
	// unroll v: TILE_VECTORS
	const share$v = v128.div<f64>(v128.load(gap, $v * 16), v128.load(least, $v * 16));
	// unroll v: TILE_VECTORS
	const made4$v = v128.and(v128.load(accepted, $v * 16), v128.mul<f64>(share$v, s$v));
	// unroll v: TILE_VECTORS
	v128.store(to, made4$v, $v * 16);
}

/** l1 in terms[0] with the gap in terms[1], or V in terms[1], whichever is less, of accepted rows. */
function chooseLess(bounds: usize, panels: usize, known: usize, gap: usize, terms: usize): void {
	const P = panelBytes(), ratio = v128.load_splat<f64>(bounds, KEY_RATIO), accepted = kept(panels, ACCEPTED);
	// unroll v: TILE_VECTORS
	const l$v = v128.load(terms, $v * 16);
	// unroll v: TILE_VECTORS
	const bound$v = v128.load(known, $v * 16);
	// unroll v: TILE_VECTORS
	const other$v = v128.load(gap, $v * 16);
	// unroll v: TILE_VECTORS
	const less$v = v128.lt<f64>(bound$v, multiplyAdd<f64>(l$v, ratio, other$v));
	// unroll v: TILE_VECTORS
	v128.store(terms, v128.andnot(l$v, less$v), $v * 16);
	// unroll v: TILE_VECTORS
	const made3$v = v128.and(v128.load(accepted, $v * 16), v128.or(v128.and(less$v, bound$v), v128.andnot(other$v, less$v)));
	// unroll v: TILE_VECTORS
	v128.store(terms + P, made3$v, $v * 16);
}

/** The less of V by columns of squares and the bound in known[0], in its place; known[1]: what the residual makes of it. */
function spread(
	d: i32, degree: i32, r: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize,
	output: usize, residual: usize, gradient: usize, pilot: usize, truncated: usize, known: usize, scratch: usize,
): void {
	const P = panelBytes(), column = <usize>(2 * r + 1) * P, ofValues = sums + column, ofKeys = ofValues + column;
	const exponential = solution + <usize>(degree + 2 * r + 5) * P, p = r >= 2 ? 2 : 1;
	squareOf(d, output, scratch);
	squareOf(d, residual, scratch + P);
	squareOf(d, gradient, scratch + 2 * P);
	squareOf(d, pilot, scratch + 3 * P);
	const valueError = kept(panels, VALUE_ERROR), value = kept(panels, VALUE_SUM), keyError = kept(panels, KEY_SUM_ERROR), keyValue = kept(panels, KEY_SUM);
	const own = v128.load_splat<f64>(constants);
	// The error sum of ones is (ERROR - 1.02 η D) / (1 + η) at least; ERROR itself is above it.
	const none = zero(), range = v128.splat<f64>(17.0 * load<f64>(bounds, RANGE_SQUARE)), input = v128.load_splat<f64>(bounds, SCORE_ERROR);
	const more = v128.splat<f64>(1.0 + load<f64>(bounds, SCORE_ERROR));
	columnSums(degree, r, constants, solution, ofValues, valueError, value);
	columnSums(degree, r, constants, solution, ofKeys, keyError, keyValue);
	addPanel(truncated + (2 + LACKING) * P, valueError);
	addPanel(truncated + (4 + LACKING) * P, keyError);
	const normaliser = kept(panels, NORMALISER), size = kept(panels, SIZE), error = kept(panels, ERROR), least = kept(panels, LEAST), reach = kept(panels, REACH);
	// unroll v: TILE_VECTORS
	const m$v = v128.load(sums, $v * 16);
	// unroll v: TILE_VECTORS
	const slack$v = v128.mul<f64>(own, v128.load(size, $v * 16));
	// unroll v: TILE_VECTORS
	const o$v = v128.load(scratch, $v * 16);
	// unroll v: TILE_VECTORS
	const around$v = multiplySubtract<f64>(v128.load(normaliser, $v * 16), o$v, v128.load(value, $v * 16));
	// unroll v: TILE_VECTORS
	const rounded$v = v128.mul<f64>(slack$v, multiplyAdd<f64>(range, m$v, v128.load(ofValues, $v * 16)));
	// unroll v: TILE_VECTORS
	const variance$v = v128.add<f64>(v128.max<f64>(none, around$v), rounded$v);
	// unroll v: TILE_VECTORS
	const E$v = v128.load(error, $v * 16);
	// unroll v: TILE_VECTORS
	const rootE$v = v128.sqrt<f64>(E$v);
	// unroll v: TILE_VECTORS
	const errors$v = multiplyAdd<f64>(v128.sqrt<f64>(o$v), rootE$v, v128.sqrt<f64>(v128.mul<f64>(more, v128.load(valueError, $v * 16))));
	// unroll v: TILE_VECTORS
	const spreadSquare$v = multiplyAdd<f64>(errors$v, errors$v, v128.mul<f64>(input, variance$v));
	// unroll v: TILE_VECTORS
	const spread$v = v128.sqrt<f64>(spreadSquare$v);
	// unroll v: TILE_VECTORS
	const inverse$v = v128.div<f64>(v128.splat<f64>(1), v128.sub<f64>(v128.load(least, $v * 16), E$v));
	// unroll v: TILE_VECTORS
	const deviation$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(variance$v, spreadSquare$v), inverse$v));
	// unroll v: TILE_VECTORS
	const k$v = v128.load(ofKeys, $v * 16);
	// unroll v: TILE_VECTORS
	const keys$v = multiplyAdd<f64>(slack$v, k$v, v128.max<f64>(none, v128.load(keyValue, $v * 16)));
	// unroll v: TILE_VECTORS
	const keyErrors$v = multiplyAdd<f64>(input, keys$v, v128.mul<f64>(more, v128.load(keyError, $v * 16)));
	// unroll v: TILE_VECTORS
	const root$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(keys$v, keyErrors$v), inverse$v));
	// unroll v: TILE_VECTORS
	const R$v = v128.mul<f64>(v128.load(reach, $v * 16), v128.load(reach, $v * 16));
	// Masks in place of branches: V8 joins no pair across them.
	const square = i64x2.splat(p == 2 ? -1 : 0), whole = v128.andnot(v128.splat<f64>(1), square);
	// unroll v: TILE_VECTORS
	const powers$v = v128.mul<f64>(R$v, v128.or(v128.and(R$v, square), whole));
	// unroll v: TILE_VECTORS
	let scores$v = multiplyAdd<f64>(v128.mul<f64>(own, powers$v), m$v, v128.max<f64>(none, v128.load(sums + <usize>(2 * p) * P, $v * 16)));
	// unroll v: TILE_VECTORS
	scores$v = v128.add<f64>(scores$v, v128.load(truncated + SCORES * P, $v * 16));
	// unroll v: TILE_VECTORS
	let weighted$v = multiplyAdd<f64>(v128.mul<f64>(own, R$v), k$v, v128.max<f64>(none, v128.load(ofKeys + 2 * P, $v * 16)));
	// unroll v: TILE_VECTORS
	weighted$v = v128.add<f64>(weighted$v, v128.load(truncated + WEIGHTED * P, $v * 16));
	const share = v128.splat<f64>(p == 2 ? 0.16666666666666669 : 0.5);
	// unroll v: TILE_VECTORS
	const e$v = v128.load(exponential, $v * 16);
	// unroll v: TILE_VECTORS
	let mean$v = v128.mul<f64>(v128.mul<f64>(share, e$v), v128.sqrt<f64>(v128.mul<f64>(scores$v, weighted$v)));
	// unroll v: TILE_VECTORS
	mean$v = multiplyAdd<f64>(v128.mul<f64>(own, e$v), v128.sqrt<f64>(v128.mul<f64>(m$v, k$v)), mean$v);
	// unroll v: TILE_VECTORS
	const mass$v = v128.add<f64>(v128.load(normaliser, $v * 16), E$v);
	// unroll v: TILE_VECTORS
	const both$v = v128.add<f64>(keys$v, v128.load(keyError, $v * 16));
	// unroll v: TILE_VECTORS
	mean$v = multiplyAdd<f64>(input, v128.sqrt<f64>(v128.mul<f64>(mass$v, both$v)), mean$v);
	// unroll v: TILE_VECTORS
	mean$v = v128.add<f64>(mean$v, v128.load(truncated + PILOT * P, $v * 16));
	// unroll v: TILE_VECTORS
	mean$v = v128.mul<f64>(v128.add<f64>(mean$v, v128.sqrt<f64>(v128.load(scratch + 3 * P, $v * 16))), inverse$v);
	// At degree 0 there are no power sums that bound the pilot's rest: with a constant for exp, nothing better than the root is known.
	const bounded = i64x2.splat(r == 0 ? 0 : -1), unknown = v128.andnot(v128.splat<f64>(Infinity), bounded);
	// unroll v: TILE_VECTORS
	mean$v = v128.or(v128.and(mean$v, bounded), unknown);
	// unroll v: TILE_VECTORS
	const moved$v = multiplyAdd<f64>(rootE$v, v128.min<f64>(mean$v, root$v), v128.sqrt<f64>(keyErrors$v));
	const rounded = v128.splat<f64>(3.0 * load<f64>(bounds, SUMS) * Math.sqrt(load<f64>(bounds, RANGE_SQUARE)));
	// unroll v: TILE_VECTORS
	const c$v = multiplyAdd<f64>(rounded, v128.load(kept(panels, GROWTH), $v * 16), v128.sqrt<f64>(v128.load(scratch + P, $v * 16)));
	// unroll v: TILE_VECTORS
	let bound$v = v128.mul<f64>(E$v, v128.sqrt<f64>(v128.load(scratch + 2 * P, $v * 16)));
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(v128.mul<f64>(c$v, spread$v), moved$v, bound$v);
	const gap = truncated + GAP * P;
	// unroll v: TILE_VECTORS
	const gap$v = multiplyAdd<f64>(v128.sqrt<f64>(o$v), v128.sqrt<f64>(v128.load(gap, $v * 16)), v128.sqrt<f64>(v128.load(gap + 2 * P, $v * 16)));
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(v128.mul<f64>(c$v, gap$v), v128.sqrt<f64>(v128.load(gap + 4 * P, $v * 16)), bound$v);
	// unroll v: TILE_VECTORS
	const output$v = v128.mul<f64>(v128.mul<f64>(rootE$v, spread$v), inverse$v);
	// unroll v: TILE_VECTORS
	const last$v = v128.min<f64>(v128.load(known + P, $v * 16), v128.mul<f64>(output$v, v128.mul<f64>(deviation$v, root$v)));
	// unroll v: TILE_VECTORS
	bound$v = multiplyAdd<f64>(bound$v, inverse$v, last$v);
	// unroll v: TILE_VECTORS
	const least$v = v128.min<f64>(bound$v, v128.load(known, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(known, least$v, $v * 16);
}
