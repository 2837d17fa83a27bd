// The bound on a row's gradient by Cauchy-Schwarz, from columns of squares of values and keys: the same formulas as `row-terms.ts` and `row-error.ts`.
// All in double precision.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import {
	addPanel, COLUMNS, ERROR, GROWTH, kept, KEY_SUM, KEY_SUM_ERROR, LEAST, NORMALISER, RANGE_SQUARE, REACH, SCORE_ERROR, SIZE, SUMS, VALUE_ERROR, VALUE_SUM,
} from "./acceptance";
import { columnSums } from "./solved-sums";
import { COTANGENT, DEVIATION, entryBound, INVERSE, KEY_ERRORS, KEY_ROOT, MEAN_REST, normBound, OUTPUT, RESIDUAL, squareOf } from "./square-bounds";
import { LACKING, PILOT, SCORES, WEIGHTED } from "./truncation";

/**
 * Lowers known, bounds on the errors of a row's gradient by coordinate, to those by columns of squares where these are less; behind them are the other panels
 * of `covarianceBounds`, or infinities. keyColumns: 1 for ‖k‖², or d for one of each coordinate. Without `entries` one bound is of all coordinates.
 * scratch: SQUARE_PANELS panels.
 */
export function squareBounds(
	d: i32, degree: i32, r: i32, keyColumns: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize,
	output: usize, residual: usize, gradient: usize, pilot: usize, truncated: usize, entries: i32, known: usize, scratch: usize,
): void {
	const P = panelBytes(), column = <usize>(2 * r + 1) * P, block = <usize>d * P;
	ofRows(d, degree, r, constants, bounds, solution, sums, panels, output, residual, truncated, known + 3 * block, scratch);
	for (let x = 0, ofKeys = sums + 2 * column; x < keyColumns; x++, ofKeys += column) {
		ofColumn(degree, r, constants, bounds, solution, sums, ofKeys, panels, truncated, scratch);
		if (entries) {
			for (let b = x, end = keyColumns > 1 ? x + 1 : d; b < end; b++) {
				const at = <usize>b * P;
				entryBound(bounds + COLUMNS + (<usize>b << 3), panels, gradient + at, pilot + at, known + at, block, scratch);
			}
			continue;
		}
		normBound(d, panels, gradient, pilot, truncated, known, block, scratch);
	}
}

/** The numbers of a block of rows that all its columns share: 1/D at most, √(Σ |e| <c̃, v − õ>²), and ‖õ − o‖ √(E_f ‖v − õ‖²) at least. */
function ofRows(
	d: i32, degree: i32, r: i32, constants: usize, bounds: usize, solution: usize, sums: usize, panels: usize, output: usize, residual: usize,
	truncated: usize, largest: usize, scratch: usize,
): void {
	const P = panelBytes(), ofValues = sums + <usize>(2 * r + 1) * P, none = zero();
	squareOf(d, output, scratch + OUTPUT * P);
	squareOf(d, residual, scratch + RESIDUAL * P);
	const valueError = kept(panels, VALUE_ERROR), value = kept(panels, VALUE_SUM);
	const own = v128.load_splat<f64>(constants);
	// The error sum of ones is (ERROR - 1.02 η D) / (1 + η) at least; ERROR itself is above it.
	const range = v128.splat<f64>(17.0 * load<f64>(bounds, RANGE_SQUARE)), input = v128.load_splat<f64>(bounds, SCORE_ERROR);
	const more = v128.splat<f64>(1.0 + load<f64>(bounds, SCORE_ERROR));
	columnSums(degree, r, constants, solution, ofValues, valueError, value);
	addPanel(truncated + (2 + LACKING) * P, valueError);
	const normaliser = kept(panels, NORMALISER), size = kept(panels, SIZE), error = kept(panels, ERROR), least = kept(panels, LEAST);
	// unroll v: TILE_VECTORS
	const m$v = v128.load(sums, $v * 16);
	// unroll v: TILE_VECTORS
	const slack$v = v128.mul<f64>(own, v128.load(size, $v * 16));
	// unroll v: TILE_VECTORS
	const o$v = v128.load(scratch + OUTPUT * P, $v * 16);
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
	v128.store(scratch + INVERSE * P, inverse$v, $v * 16);
	// unroll v: TILE_VECTORS
	const deviation$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(variance$v, spreadSquare$v), inverse$v));
	// unroll v: TILE_VECTORS
	const output$v = v128.mul<f64>(v128.mul<f64>(rootE$v, spread$v), inverse$v);
	// unroll v: TILE_VECTORS
	v128.store(scratch + DEVIATION * P, v128.mul<f64>(output$v, deviation$v), $v * 16);
	const rounded = v128.splat<f64>(3.0 * load<f64>(bounds, SUMS) * Math.sqrt(load<f64>(bounds, RANGE_SQUARE)));
	// unroll v: TILE_VECTORS
	const c$v = multiplyAdd<f64>(rounded, v128.load(kept(panels, GROWTH), $v * 16), v128.sqrt<f64>(v128.load(scratch + RESIDUAL * P, $v * 16)));
	// unroll v: TILE_VECTORS
	v128.store(scratch + RESIDUAL * P, c$v, $v * 16);
	// unroll v: TILE_VECTORS
	const y$v = v128.min<f64>(v128.mul<f64>(c$v, spread$v), v128.mul<f64>(v128.load(largest, $v * 16), rootE$v));
	// unroll v: TILE_VECTORS
	v128.store(scratch + COTANGENT * P, y$v, $v * 16);
}

/** The numbers of a column of key squares: Σ |e| k², √(E_f k²), and how far the pilot is from Σ ω e^s k, all at least. */
function ofColumn(
	degree: i32, r: i32, constants: usize, bounds: usize, solution: usize, sums: usize, ofKeys: usize, panels: usize, truncated: usize, scratch: usize,
): void {
	const P = panelBytes(), exponential = solution + <usize>(degree + 2 * r + 5) * P, p = r >= 2 ? 2 : 1, none = zero();
	const keyError = kept(panels, KEY_SUM_ERROR), keyValue = kept(panels, KEY_SUM), reach = kept(panels, REACH), normaliser = kept(panels, NORMALISER);
	const own = v128.load_splat<f64>(constants), input = v128.load_splat<f64>(bounds, SCORE_ERROR), more = v128.splat<f64>(1.0 + load<f64>(bounds, SCORE_ERROR));
	columnSums(degree, r, constants, solution, ofKeys, keyError, keyValue);
	addPanel(truncated + (4 + LACKING) * P, keyError);
	// unroll v: TILE_VECTORS
	const m$v = v128.load(sums, $v * 16);
	// unroll v: TILE_VECTORS
	const slack$v = v128.mul<f64>(own, v128.load(kept(panels, SIZE), $v * 16));
	// unroll v: TILE_VECTORS
	const k$v = v128.load(ofKeys, $v * 16);
	// unroll v: TILE_VECTORS
	const keys$v = multiplyAdd<f64>(slack$v, k$v, v128.max<f64>(none, v128.load(keyValue, $v * 16)));
	// unroll v: TILE_VECTORS
	const keyErrors$v = multiplyAdd<f64>(input, keys$v, v128.mul<f64>(more, v128.load(keyError, $v * 16)));
	// unroll v: TILE_VECTORS
	v128.store(scratch + KEY_ERRORS * P, keyErrors$v, $v * 16);
	// unroll v: TILE_VECTORS
	const root$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(keys$v, keyErrors$v), v128.load(scratch + INVERSE * P, $v * 16)));
	// unroll v: TILE_VECTORS
	v128.store(scratch + KEY_ROOT * P, root$v, $v * 16);
	// unroll v: TILE_VECTORS
	const R$v = v128.mul<f64>(v128.load(reach, $v * 16), v128.load(reach, $v * 16));
	// Masks in place of branches, and of a choice between two numbers, which V8 makes a branch: it joins no pair across them.
	const square = i64x2.splat(0 - <i64>(p - 1)), whole = v128.andnot(v128.splat<f64>(1), square);
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
	const share = v128.or(v128.and(v128.splat<f64>(0.16666666666666669), square), v128.andnot(v128.splat<f64>(0.5), square));
	// unroll v: TILE_VECTORS
	const e$v = v128.load(exponential, $v * 16);
	// unroll v: TILE_VECTORS
	let mean$v = v128.mul<f64>(v128.mul<f64>(share, e$v), v128.sqrt<f64>(v128.mul<f64>(scores$v, weighted$v)));
	// unroll v: TILE_VECTORS
	mean$v = multiplyAdd<f64>(v128.mul<f64>(own, e$v), v128.sqrt<f64>(v128.mul<f64>(m$v, k$v)), mean$v);
	// unroll v: TILE_VECTORS
	const mass$v = v128.add<f64>(v128.load(normaliser, $v * 16), v128.load(kept(panels, ERROR), $v * 16));
	// unroll v: TILE_VECTORS
	const both$v = v128.add<f64>(keys$v, v128.load(keyError, $v * 16));
	// unroll v: TILE_VECTORS
	mean$v = multiplyAdd<f64>(input, v128.sqrt<f64>(v128.mul<f64>(mass$v, both$v)), mean$v);
	// unroll v: TILE_VECTORS
	mean$v = v128.add<f64>(mean$v, v128.load(truncated + PILOT * P, $v * 16));
	// At degree 0 there are no power sums that bound the pilot's rest: with a constant for exp, nothing better than the root is known.
	const bounded = i64x2.splat(0 - <i64>min(r, 1)), unknown = v128.andnot(v128.splat<f64>(Infinity), bounded);
	// unroll v: TILE_VECTORS
	v128.store(scratch + MEAN_REST * P, v128.or(v128.and(mean$v, bounded), unknown), $v * 16);
}
