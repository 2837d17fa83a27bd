// Bounds of the pairs of a row, from the row's record; `pairs/row-weights.ts` in TypeScript has the derivation. All in
// double precision, two rows of a panel at a time.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../../panels/panel";
import {
	A, A2, A3, ADDED, B, B2, B3, C, C2, CENTRE, CONSTANT, HALF_RANGE, KEY_ERROR, KEY_REACH, MEAN, MOVED, OUTPUT_SQUARE, PRODUCT, REMAINDER,
	REST, ROWS, SCORE_ERROR, SLACK, SQUARE_ERROR, SUM_ERROR, SUMS,
} from "./weight-places";
import { ERROR, GROWTH, KEY_SUM, KEY_SUM_ERROR, NORMALISER, REACH, SIZE, VALUE_ERROR, VALUE_SUM } from "../acceptance";
import { coefficientsPlace, factorPlace, factsPlace, onesPlace, outputPlace } from "./record-places";

const UNIT_ROUNDOFF: f64 = 1.1102230246251565e-16;
const TINY: f64 = 1e-300;
const LEAST_NORMAL: f64 = 2.2250738585072014e-308;

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
	return v128.splat<f64>(x);
}
// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
	return v128.add<f64>(a, b);
}
// @ts-ignore: decorator
@inline
function times(a: v128, b: v128): v128 {
	return v128.mul<f64>(a, b);
}
// @ts-ignore: decorator
@inline
function scaled(x: f64, a: v128): v128 {
	return v128.mul<f64>(v128.splat<f64>(x), a);
}
// @ts-ignore: decorator
@inline
function over(a: v128, b: v128): v128 {
	return v128.div<f64>(a, b);
}
// @ts-ignore: decorator
@inline
function root(a: v128): v128 {
	return v128.sqrt<f64>(a);
}
// @ts-ignore: decorator
@inline
function positive(a: v128): v128 {
	return v128.max<f64>(a, zero());
}
// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
	return multiplyAdd<f64>(a, b, c);
}

/** Two rows of panel `place` of a record or of weights. */
// @ts-ignore: decorator
@inline
function panel(from: usize, place: usize): v128 {
	return v128.load(from + place * panelBytes());
}

// @ts-ignore: decorator
@inline
function keep(weights: usize, place: usize, x: v128): void {
	v128.store(weights + place * panelBytes(), x);
}

/** Norms of rows of d panels. */
function norms(from: usize, d: i32): v128 {
	let square = splat(<f64>d * LEAST_NORMAL);
	for (let i = 0; i < d; i++, from += panelBytes()) {
		const x = v128.load(from);
		square = madd(x, x, square);
	}
	return root(square);
}

/**
 * The weights of two rows.
 * @param x their record, at the first of the two
 * @param weights room for CENTRE + d panels, likewise
 */
export function weighRows(d: i32, degree: i32, x: usize, constants: usize, weights: usize): void {
	const P = panelBytes(), r = (degree + 1) >> 1, factor = factorPlace(d, degree), facts = factsPlace(d, degree);
	const output = outputPlace(d, degree), ones = onesPlace(d, degree), coefficients = coefficientsPlace(d);
	const scoreError = load<f64>(constants, SCORE_ERROR), slack = splat(load<f64>(constants, SLACK));
	const D = panel(x, facts + NORMALISER), R = panel(x, facts + REACH), e = panel(x, factor + 3), size = panel(x, facts + SIZE);
	const growth = panel(x, facts + GROWTH), n1 = panel(x, ones), nv = panel(x, ones + 1), nk = panel(x, ones + 2);
	let slope = zero();
	for (let k = degree; k >= 1; k--) slope = madd(slope, R, scaled(<f64>k, v128.abs<f64>(panel(x, coefficients + <usize>k))));
	slope = times(slope, slack);
	const C = panel(x, factor), squareSize = scaled(1.0 / load<f64>(constants, SQUARE_ERROR), panel(x, factor + 2));
	const squareSlack = scaled(8.0 * <f64>(r + 2) * UNIT_ROUNDOFF, squareSize);
	const offsetSlack = scaled(
		UNIT_ROUNDOFF,
		madd(scaled(<f64>(d + 2), R), sum(e, slope), scaled(<f64>(2 * degree + 8), sum(size, e))),
	);
	const movedSquare = times(scaled(2.1 * scoreError, squareSize), sum(splat(1), over(splat(<f64>(2 * r)), R)));
	const offset = panel(x, factor + 1);
	const lost = sum(madd(C, sum(squareSlack, movedSquare), offsetSlack), scaled(3.0 * scoreError, offset));
	const error = panel(x, facts + ERROR);
	const pure = madd(splat(16.0 * UNIT_ROUNDOFF), error, positive(v128.sub<f64>(error, scaled(1.02 * scoreError, D))));
	const more = splat(1.0 + 3.0 * scoreError);
	const E = times(slack, madd(lost, n1, times(pure, more)));
	const Xv = times(slack, madd(lost, nv, times(panel(x, facts + VALUE_ERROR), more)));
	const Xk = times(slack, madd(lost, nk, times(panel(x, facts + KEY_SUM_ERROR), more)));
	const byD = over(splat(1), D);
	const moved = madd(splat(4.4 * scoreError), sum(growth, times(times(slope, n1), byD)), splat(2.1 * scoreError));
	const rounded = madd(splat(load<f64>(constants, SUMS)), growth, moved);
	for (let b = 0; b < d; b++) keep(weights, CENTRE + <usize>b, times(panel(x, output + <usize>(3 * d + b)), byD));
	keep(weights, MOVED, moved);
	keep(weights, ADDED, sum(madd(C, squareSlack, offset), offsetSlack));
	const mass = times(D, madd(splat(2), rounded, splat(1)));
	const sumError = load<f64>(constants, SUM_ERROR);
	const rounding = madd(splat(sumError), size, scaled(2.2 * scoreError, sum(size, slope)));
	const o = norms(x + output * P, d), c = norms(x + (output + <usize>d) * P, d), G = norms(x + (output + <usize>(2 * d)) * P, d);
	const k0 = norms(weights + CENTRE * P, d);
	dominate(x, facts, ones, D, E, Xv, Xk, mass, rounding, offsetSlack, slack, o, c, G, k0, weights);
	remain(d, degree, x, facts, ones, output, constants, D, E, Xv, Xk, rounded, moved, o, c, G, k0, weights);
}

/** The bound on a pair and its mean. */
function dominate(
	x: usize, facts: usize, ones: usize, D: v128, E: v128, Xv: v128, Xk: v128, mass: v128, rounding: v128, offsetSlack: v128,
	slack: v128, o: v128, c: v128, G: v128, k0: v128, weights: usize,
): void {
	const half = splat(0.5), tiny = splat(TINY), one = splat(1), two = splat(2);
	const rootE = sum(root(E), tiny), rootV = sum(root(Xv), tiny), rootK = sum(root(Xk), tiny);
	const spread = madd(o, rootE, rootV), byE = over(one, rootE), bySpread = over(one, spread);
	const alpha = over(spread, rootV), beta = times(times(o, spread), byE), t = times(rootK, bySpread), v = times(rootE, bySpread);
	const halfC = times(half, c), cross = madd(v, beta, times(spread, byE));
	const a = sum(madd(times(halfC, t), beta, times(times(halfC, k0), cross)), G);
	const b = times(times(halfC, alpha), madd(k0, v, t)), c1 = over(halfC, t);
	const a3 = times(half, cross), b3 = times(half, times(v, alpha));
	keep(weights, A, a);
	keep(weights, B, b);
	keep(weights, C, c1);
	keep(weights, A3, a3);
	keep(weights, B3, b3);
	const nv = panel(x, ones + 1), nk = panel(x, ones + 2), n1 = panel(x, ones);
	const M1 = madd(two, E, mass);
	const Mv = madd(two, Xv, madd(rounding, nv, positive(panel(x, facts + VALUE_SUM))));
	const Mk = madd(two, Xk, madd(rounding, nk, positive(panel(x, facts + KEY_SUM))));
	const root1 = root(M1), rootMv = sum(root(Mv), tiny), rootMk = sum(root(Mk), tiny);
	const spread2 = madd(o, root1, rootMv), alpha2 = over(spread2, rootMv), by1 = over(one, root1), bySpread2 = over(one, spread2);
	const beta2 = times(times(o, spread2), by1), t2 = times(rootMk, bySpread2), v2 = times(root1, bySpread2);
	const a2 = times(half, madd(t2, beta2, times(k0, madd(v2, beta2, times(spread2, by1)))));
	const b2 = times(half, times(alpha2, madd(k0, v2, t2))), c2 = over(half, t2);
	keep(weights, A2, a2);
	keep(weights, B2, b2);
	keep(weights, C2, c2);
	const byD = over(one, D), inverse = times(slack, byD);
	const second = times(madd(a2, M1, madd(b2, Mv, times(c2, Mk))), byD);
	const first = madd(a, E, madd(b, Xv, times(c1, Xk)));
	const mean = times(inverse, madd(madd(a3, E, times(b3, Xv)), second, first));
	keep(weights, MEAN, mean);
	const ofRounding = madd(a, n1, madd(b, nv, times(c1, nk))), ofThird = times(madd(a3, n1, times(b3, nv)), second);
	const bias = times(times(inverse, offsetSlack), sum(ofRounding, ofThird));
	keep(weights, REMAINDER, madd(splat(1e-11), mean, bias));
}

/** Adds to REMAINDER what pairs are not drawn from. */
function remain(
	d: i32, degree: i32, x: usize, facts: usize, ones: usize, output: usize, constants: usize, D: v128, E: v128, Xv: v128, Xk: v128,
	rounded: v128, moved: v128, o: v128, c0: v128, G0: v128, k0: v128, weights: usize,
): void {
	const half = splat(load<f64>(constants, HALF_RANGE)), sums = splat(load<f64>(constants, SUMS)), two = splat(2);
	const sumError = splat(load<f64>(constants, SUM_ERROR)), scoreError = load<f64>(constants, SCORE_ERROR);
	const R = panel(x, facts + REACH), size = panel(x, facts + SIZE), n1 = panel(x, ones), nv = panel(x, ones + 1), nk = panel(x, ones + 2);
	const e = panel(x, facts - 1);
	const off = madd(splat(1e-15), o, scaled(8, madd(rounded, half, times(sums, sum(half, c0)))));
	const least = v128.sub<f64>(times(D, v128.sub<f64>(splat(1), times(two, rounded))), E);
	const rootE = root(E), oOff = sum(o, off);
	const Sk = madd(k0, rootE, root(Xk)), Sx = madd(oOff, rootE, root(Xv)), c = sum(c0, off);
	const more = scaled(4.0 * load<f64>(constants, KEY_REACH), times(times(moved, sum(c0, half)), half));
	const ofG = sum(gradientRounding(d, x, output, panel(x, facts + GROWTH), constants), more), G = sum(G0, ofG);
	const inverse = over(madd(times(two, rounded), D, E), times(least, D));
	const bracket = madd(times(c, Sx), Sk, times(E, G));
	const r = (degree + 1) >> 1, R2 = times(R, R), power = r >= 2 ? times(R2, R2) : R2;
	const scores = madd(times(sumError, power), n1, positive(panel(x, ones + 3)));
	const weighted = madd(times(sumError, R2), nk, positive(panel(x, ones + 4)));
	const sized = times(sumError, size);
	const keys = madd(two, Xk, madd(sized, nk, positive(panel(x, facts + KEY_SUM))));
	const pilot = times(
		e,
		madd(
			splat(r >= 2 ? 1.0 / 6.0 : 0.5), root(times(scores, weighted)),
			times(sum(sumError, splat(4.0 * scoreError)), root(times(n1, nk))),
		),
	);
	const byLeast = over(splat(1), least), byD = over(splat(1), D);
	const meanKey = madd(pilot, byLeast, times(times(k0, inverse), D)), moves = times(times(rootE, Sx), byLeast);
	const values = madd(two, Xv, madd(sized, nv, positive(panel(x, facts + VALUE_SUM))));
	const mass = madd(two, E, times(D, madd(two, rounded, splat(1)))), rootMass = root(mass), rootLeast = root(byLeast);
	const deviation = times(madd(oOff, rootMass, root(values)), rootLeast);
	const keyDeviation = times(madd(k0, rootMass, root(keys)), rootLeast);
	const ofFirst = madd(
		inverse, bracket,
		times(madd(times(off, madd(c, rootE, Sx)), Sk, times(E, ofG)), byD),
	);
	const ofMeans = times(meanKey, madd(times(times(c, rootE), Sx), byLeast, times(moves, moves)));
	const ofThird = times(times(moves, byLeast), madd(Sx, Sk, times(times(E, deviation), keyDeviation)));
	const shifted = madd(times(two, rounded), moves, madd(times(inverse, rootE), Sx, times(times(E, off), byD)));
	const ofMoved = madd(
		times(shifted, deviation), keyDeviation,
		times(times(times(times(rootE, madd(off, rootE, Sx)), byD), off), keyDeviation),
	);
	const rest = scaled(1.05, sum(sum(ofFirst, ofMeans), sum(ofThird, ofMoved)));
	const finite = v128.gt<f64>(least, zero());
	const all = sum(panel(weights, REMAINDER), rest);
	keep(weights, REMAINDER, v128.bitselect(all, splat(Infinity), finite));
}

/** At least ‖Ĝ~ as computed − Ĝ~‖ in the frame. */
function gradientRounding(d: i32, x: usize, output: usize, growth: v128, constants: usize): v128 {
	const row = <usize>d << 3, outputs = constants + ROWS, residuals = outputs + row, rests = residuals + row, sizes = rests + row;
	const square = splat(load<f64>(constants, OUTPUT_SQUARE)), product = splat(load<f64>(constants, PRODUCT));
	let grown = splat(load<f64>(constants, CONSTANT)), rest = splat(load<f64>(constants, REST)), size = zero();
	for (let i = 0; i < d; i++) {
		const o = v128.abs<f64>(panel(x, output + <usize>i)), c = v128.abs<f64>(panel(x, output + <usize>(d + i))), at = <usize>i << 3;
		grown = madd(o, madd(square, o, v128.load_splat<f64>(outputs + at)), grown);
		grown = madd(c, madd(product, o, v128.load_splat<f64>(residuals + at)), grown);
		rest = madd(c, v128.load_splat<f64>(rests + at), rest);
		size = madd(c, v128.load_splat<f64>(sizes + at), size);
	}
	const reached = scaled(load<f64>(constants, KEY_REACH), madd(scaled(1.5, growth), grown, rest));
	return scaled(1.1, madd(splat(load<f64>(constants, KEY_ERROR)), size, reached));
}
