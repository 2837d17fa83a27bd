// Error bounds of a panel of rows with polynomials of their own: the same formulas as `row-terms.ts`. All in double
// precision; a panel of single precision is two blocks of panels of doubles, each by itself.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { ACCEPTED, COLUMNS, CONSTANT, GROWTH, KAPPAS, kept, KEY_NORM, KEY_RATIO, LEAST, OUTPUT_SQUARE, PRODUCT, SUMS, TERM } from "./acceptance";
import { covarianceBounds, knownPanels } from "./covariances";
import { squareBounds } from "./square-columns";
import { GAP } from "./truncation";

/**
 * Terms of a block of rows, d + 2 panels: l1, V of each coordinate (by columns of squares or by covariances), and the rounding that has the growth. They are
 * 0 for rows that are not accepted, and the first or V is 0 for each row.
 * output, residual, gradient, pilot: d panels each; extra: 2 or d + 1 where there are sums of squares of values and keys behind those of ones.
 * products: (d + 1) d panels, or 0 where covariances are not known. truncated: the panels of `truncate`, zero where nothing is left out; entries: 1 there, and
 * 0 for an anisotropic set, whose frame is not that of the input.
 * scratch: `boundPanels` panels.
 */
export function rowBounds(
	d: i32, degree: i32, r: i32, extra: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize,
	output: usize, residual: usize, gradient: usize, pilot: usize, products: usize, truncated: usize, entries: i32, terms: usize, scratch: usize,
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
	v128.store(terms + <usize>(d + 1) * P, made2$v, $v * 16);
	const exponential = solution + <usize>(degree + 2 * r + 5) * P, gap = scratch, known = gap + P, around = known + <usize>knownPanels(d) * P;
	gapOfRows(d, bounds, panels, residual, truncated, gap);
	if (products) {
		covarianceBounds(d, constants, bounds, exponential, sums, panels, output, residual, gradient, products, known, around);
		lessRounding(d, bounds, panels, output, residual, around - P, terms + <usize>(d + 1) * P);
	} else
		for (let at = known; at < around; at += 16) v128.store(at, v128.splat<f64>(Infinity));
	if (extra)
		squareBounds(
			d, degree, r, extra - 1, constants, bounds, solution, sums, panels, output, residual, gradient, pilot, truncated, entries, known, around + <usize>d * P,
		);
	chooseLess(d, bounds, panels, known, gap, terms);
}

/** Panels of scratch of `rowBounds`: the gap, those of `covarianceBounds` with its scratch, and those of `squareBounds`. */
// @ts-ignore: decorator
@inline
export function boundPanels(d: i32): i32 {
	return 1 + knownPanels(d) + d + SQUARE_PANELS;
}

/** Keeps the lesser rounding: the one in `grown`, or that of the terms of a gradient and, in `states`, of outputs, residuals and normalisers. */
function lessRounding(d: i32, bounds: usize, panels: usize, output: usize, residual: usize, states: usize, grown: usize): void {
	const P = panelBytes(), columns = <usize>d << 3, term = v128.load_splat<f64>(bounds, TERM), accepted = kept(panels, ACCEPTED);
	const kappa = kept(panels, KAPPAS), growth = kept(panels, GROWTH), one = v128.splat<f64>(1), two = v128.splat<f64>(2);
	// unroll v: TILE_VECTORS
	let s$v = v128.load(states, $v * 16);
	for (let i = 0, at = bounds + COLUMNS + 5 * columns; i < d; i++, at += 8) {
		const mean = v128.load_splat<f64>(at);
		// unroll v: TILE_VECTORS
		const o$v = multiplyAdd<f64>(term, v128.abs<f64>(v128.load(output + <usize>i * P, $v * 16)), mean);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(v128.abs<f64>(v128.load(residual + <usize>i * P, $v * 16)), o$v, s$v);
	}
	// unroll v: TILE_VECTORS
	s$v = v128.mul<f64>(v128.mul<f64>(multiplyAdd<f64>(two, v128.load(kappa, $v * 16), one), v128.load(growth, $v * 16)), s$v);
	// unroll v: TILE_VECTORS
	const g$v = v128.load(grown, $v * 16);
	// NaN is not less.
	// unroll v: TILE_VECTORS
	const less$v = v128.lt<f64>(s$v, g$v);
	// unroll v: TILE_VECTORS
	const made5$v = v128.and(v128.load(accepted, $v * 16), v128.or(v128.and(less$v, s$v), v128.andnot(g$v, less$v)));
	// unroll v: TILE_VECTORS
	v128.store(grown, made5$v, $v * 16);
}

/** Bounds the terms of a gradient that an anisotropic set leaves out or has in excess, by the norms of keys; 0 for rows that are not accepted. */
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

/** Keeps the lesser bound of accepted rows: l1 in the first panel of terms with the gap in the d panels behind it, or V in these. */
function chooseLess(d: i32, bounds: usize, panels: usize, known: usize, gap: usize, terms: usize): void {
	const P = panelBytes(), ratio = v128.load_splat<f64>(bounds, KEY_RATIO), accepted = kept(panels, ACCEPTED);
	// The choice goes through memory, in panels that are no longer needed: V8 joins no pair of vectors that is made in one loop and used in another.
	const most = known + <usize>d * P, less = most + P;
	// unroll v: TILE_VECTORS
	let most$v = zero();
	for (let at = known; at < most; at += P) {
		// unroll v: TILE_VECTORS
		most$v = v128.max<f64>(most$v, v128.load(at, $v * 16));
	}
	// unroll v: TILE_VECTORS
	v128.store(most, most$v, $v * 16);
	// unroll v: TILE_VECTORS
	const l$v = v128.load(terms, $v * 16);
	// unroll v: TILE_VECTORS
	const less$v = v128.lt<f64>(v128.load(most, $v * 16), multiplyAdd<f64>(l$v, ratio, v128.load(gap, $v * 16)));
	// unroll v: TILE_VECTORS
	v128.store(terms, v128.andnot(l$v, less$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(less, less$v, $v * 16);
	for (let at = known, to = terms + P; at < most; at += P, to += P) {
		// unroll v: TILE_VECTORS
		const is$v = v128.load(less, $v * 16);
		// unroll v: TILE_VECTORS
		const bound$v = v128.or(v128.and(is$v, v128.load(at, $v * 16)), v128.andnot(v128.load(gap, $v * 16), is$v));
		// unroll v: TILE_VECTORS
		const made3$v = v128.and(v128.load(accepted, $v * 16), bound$v);
		// unroll v: TILE_VECTORS
		v128.store(to, made3$v, $v * 16);
	}
}
