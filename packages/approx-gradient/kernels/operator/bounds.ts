// Error bounds of a panel of queries: the same formulas as `src/backward/row-bounds.ts`. A row is a lane.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { columnSums } from "../gauss/solved-sums";
import { panelBytes } from "../panels/panel";
import { OperatorPart } from "./part";
import {
	CENTRE_NORM, CORE, COTANGENT, ERROR, fact, GRADIENT, KEY, KEY_ERROR, KEY_SUMS, LOST, OFF, OUTPUT, ROOT_D, ROUNDED, SIZE, sizesOf, SPREAD, SQUARE_ERROR, SUMS, VALUE, VALUE_ERROR,
} from "./row-facts";

/**
 * Bounds of a panel of rows, BOUND_PANELS panels: of dQ and the rounding in it, of what a row adds to a key's dV for each unit of dO
 * and the rounding in it, of what it adds to dK likewise, of the length of the output and the rounding in it, and κ. Rows without a polynomial
 * have no meaning.
 * sums: power sums of ones, ‖v‖², ‖k‖²; N: dv values and D.
 */
export function boundRows(
	part: OperatorPart, solution: usize, sums: usize, largest: usize, edge: usize, N: usize, dO: usize, output: usize, gradient: usize,
	facts: usize, out: usize,
): void {
	const P = panelBytes(), g = part.degree, r = part.roots, dv = part.dv, bounds = part.bounds, column = <usize>(2 * r + 1) * P;
	sizesOf(part, dO, output, gradient, largest, edge, facts);
	columnSums(g, r, part.solution, solution, sums + column, fact(facts, VALUE_ERROR), fact(facts, VALUE));
	columnSums(g, r, part.solution, solution, sums + 2 * column, fact(facts, KEY_ERROR), fact(facts, KEY));
	const up = v128.splat<f64>(1.000000001), one = v128.splat<f64>(1), two = v128.splat<f64>(2), three = v128.splat<f64>(3), none = zero();
	const four = v128.splat<f64>(4), some = v128.splat<f64>(1.02), cs = v128.splat<f64>(4.0 * load<f64>(bounds, SUMS));
	const edgeValues = edge + <usize>(dv + 1) * P, edgeKeys = edgeValues + P, edgeLargest = edgeKeys + P, edgeKeyNorm = edgeLargest + P;
	// unroll v: TILE_VECTORS
	const D$v = v128.load(N + <usize>dv * P, $v * 16);
	// unroll v: TILE_VECTORS
	const rounding$v = v128.load(fact(facts, ROUNDED), $v * 16);
	// unroll v: TILE_VECTORS
	const normaliser$v = v128.mul<f64>(D$v, multiplySubtract<f64>(v128.splat<f64>(1.01), rounding$v, one));
	// unroll v: TILE_VECTORS
	const V$v = v128.load(fact(facts, CORE), $v * 16);
	// unroll v: TILE_VECTORS
	const o$v = multiplyAdd<f64>(v128.mul<f64>(four, rounding$v), V$v, v128.load(fact(facts, OUTPUT), $v * 16));
	// unroll v: TILE_VECTORS
	const size$v = v128.load(fact(facts, SIZE), $v * 16);
	// unroll v: TILE_VECTORS
	const ofValues$v = multiplyAdd<f64>(size$v, v128.load(sums + column, $v * 16), v128.load(edgeValues, $v * 16));
	// unroll v: TILE_VECTORS
	const ofKeys$v = multiplyAdd<f64>(size$v, v128.load(sums + 2 * column, $v * 16), v128.load(edgeKeys, $v * 16));
	// unroll v: TILE_VECTORS
	let squares$v = v128.add<f64>(v128.load(fact(facts, VALUE), $v * 16), v128.load(edgeValues, $v * 16));
	// At most ‖o‖: a smaller one leaves more.
	const down = v128.splat<f64>(0.999999999), lost = v128.splat<f64>(2.0 * LOST);
	// unroll v: TILE_VECTORS
	const out$v = multiplySubtract<f64>(v128.mul<f64>(four, rounding$v), V$v, v128.sub<f64>(v128.mul<f64>(down, v128.load(fact(facts, OUTPUT), $v * 16)), lost));
	// unroll v: TILE_VECTORS
	const least$v = v128.max<f64>(none, out$v);
	// unroll v: TILE_VECTORS
	squares$v = v128.max<f64>(none, multiplySubtract<f64>(v128.mul<f64>(D$v, least$v), least$v, squares$v));
	// unroll v: TILE_VECTORS
	const slack$v = v128.mul<f64>(v128.mul<f64>(v128.splat<f64>(20), rounding$v), v128.mul<f64>(D$v, v128.mul<f64>(V$v, V$v)));
	// unroll v: TILE_VECTORS
	squares$v = v128.add<f64>(squares$v, multiplyAdd<f64>(cs, ofValues$v, slack$v));
	// unroll v: TILE_VECTORS
	let keys$v = v128.max<f64>(none, v128.add<f64>(v128.load(fact(facts, KEY), $v * 16), v128.load(edgeKeys, $v * 16)));
	// unroll v: TILE_VECTORS
	keys$v = multiplyAdd<f64>(cs, ofKeys$v, keys$v);
	// unroll v: TILE_VECTORS
	const off$v = v128.load(fact(facts, OFF), $v * 16);
	// unroll v: TILE_VECTORS
	const more$v = v128.add<f64>(one, off$v);
	// unroll v: TILE_VECTORS
	const error$v = v128.mul<f64>(up, v128.load(fact(facts, ERROR), $v * 16));
	// unroll v: TILE_VECTORS
	const E$v = v128.mul<f64>(up, multiplyAdd<f64>(more$v, error$v, v128.mul<f64>(v128.mul<f64>(some, off$v), normaliser$v)));
	// unroll v: TILE_VECTORS
	const kappa$v = v128.div<f64>(v128.mul<f64>(up, E$v), normaliser$v);
	// unroll v: TILE_VECTORS
	const low$v = v128.max<f64>(none, v128.sub<f64>(normaliser$v, v128.mul<f64>(up, E$v)));
	// unroll v: TILE_VECTORS
	const inverse$v = v128.div<f64>(up, low$v);
	// unroll v: TILE_VECTORS
	const rootE$v = v128.sqrt<f64>(E$v);
	// unroll v: TILE_VECTORS
	const errors$v = multiplyAdd<f64>(o$v, v128.sqrt<f64>(v128.mul<f64>(more$v, error$v)), v128.sqrt<f64>(v128.mul<f64>(v128.mul<f64>(more$v, up), v128.load(fact(facts, VALUE_ERROR), $v * 16))));
	// unroll v: TILE_VECTORS
	const spreadSquare$v = multiplyAdd<f64>(errors$v, errors$v, v128.mul<f64>(off$v, squares$v));
	// unroll v: TILE_VECTORS
	const root$v = v128.sqrt<f64>(spreadSquare$v);
	// unroll v: TILE_VECTORS
	const deviation$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(squares$v, spreadSquare$v), inverse$v));
	// unroll v: TILE_VECTORS
	const moved$v = v128.mul<f64>(rootE$v, root$v);
	// unroll v: TILE_VECTORS
	const outputError$v = v128.mul<f64>(moved$v, inverse$v);
	// unroll v: TILE_VECTORS
	const tau$v = v128.add<f64>(kappa$v, kappa$v);
	// unroll v: TILE_VECTORS
	const spread$v = v128.load(fact(facts, SPREAD), $v * 16);
	// unroll v: TILE_VECTORS
	const cotangent$v = v128.load(fact(facts, COTANGENT), $v * 16);
	// unroll v: TILE_VECTORS
	const scores$v = v128.mul<f64>(cotangent$v, multiplyAdd<f64>(kappa$v, deviation$v, v128.mul<f64>(moved$v, v128.add<f64>(inverse$v, v128.div<f64>(up, normaliser$v)))));
	// unroll v: TILE_VECTORS
	const sigma$v = v128.min<f64>(v128.mul<f64>(v128.mul<f64>(tau$v, v128.add<f64>(three, tau$v)), spread$v), scores$v);

	let mostKey: f64 = 0;
	for (let b = 0; b < part.d; b++) mostKey = max<f64>(mostKey, load<f64>(largest + (<usize>b << 3)));
	const coreKey = v128.splat<f64>(mostKey), rootD = v128.load_splat<f64>(bounds, ROOT_D), sixteen = v128.splat<f64>(16);
	// unroll v: TILE_VECTORS
	const key$v = v128.max<f64>(coreKey, v128.load(edgeKeyNorm, $v * 16));
	// unroll v: TILE_VECTORS
	const rounded$v = v128.mul<f64>(v128.mul<f64>(up, sixteen), v128.mul<f64>(v128.mul<f64>(rounding$v, spread$v), key$v));
	// unroll v: TILE_VECTORS
	const own$v = multiplyAdd<f64>(rootD, rounded$v, v128.load(fact(facts, GRADIENT), $v * 16));
	// unroll v: TILE_VECTORS
	const keyErrors$v = multiplyAdd<f64>(off$v, keys$v, v128.mul<f64>(v128.mul<f64>(more$v, up), v128.load(fact(facts, KEY_ERROR), $v * 16)));
	// unroll v: TILE_VECTORS
	const keyRoot$v = v128.sqrt<f64>(v128.mul<f64>(v128.add<f64>(keys$v, keyErrors$v), inverse$v));
	// unroll v: TILE_VECTORS
	const keyMoved$v = multiplyAdd<f64>(rootE$v, keyRoot$v, v128.sqrt<f64>(keyErrors$v));
	// unroll v: TILE_VECTORS
	const variance$v = v128.mul<f64>(inverse$v, multiplyAdd<f64>(v128.mul<f64>(cotangent$v, root$v), keyMoved$v, v128.mul<f64>(E$v, own$v)));
	// unroll v: TILE_VECTORS
	const query$v = v128.add<f64>(v128.min<f64>(v128.mul<f64>(sigma$v, key$v), variance$v), rounded$v);

	const omega = v128.load_splat<f64>(largest + (<usize>(part.d + dv + 2) << 3)), squareError = v128.splat<f64>(1.0 + 1.0 / load<f64>(bounds, SQUARE_ERROR));
	const factor = solution + <usize>(g + 2 * r + 2) * P, keyRounding = v128.load_splat<f64>(bounds, KEY_SUMS);
	// unroll v: TILE_VECTORS
	const most$v = multiplyAdd<f64>(v128.load(factor, $v * 16), v128.mul<f64>(squareError, v128.load(factor + 2 * P, $v * 16)), v128.load(factor + P, $v * 16));
	// unroll v: TILE_VECTORS
	const single$v = v128.mul<f64>(v128.mul<f64>(up, omega), most$v);
	// unroll v: TILE_VECTORS
	const weight$v = v128.div<f64>(v128.mul<f64>(up, v128.max<f64>(v128.mul<f64>(size$v, omega), v128.load(edgeLargest, $v * 16))), normaliser$v);
	// unroll v: TILE_VECTORS
	const mass$v = v128.mul<f64>(v128.mul<f64>(multiplyAdd<f64>(two, off$v, kappa$v), weight$v), normaliser$v);
	// unroll v: TILE_VECTORS
	const one$v = v128.mul<f64>(inverse$v, multiplyAdd<f64>(more$v, single$v, mass$v));
	// unroll v: TILE_VECTORS
	const each$v = v128.min<f64>(kappa$v, one$v);
	// unroll v: TILE_VECTORS
	const delta$v = v128.min<f64>(v128.mul<f64>(tau$v, spread$v), v128.mul<f64>(cotangent$v, outputError$v));
	// unroll v: TILE_VECTORS
	const ofWeight$v = v128.mul<f64>(v128.mul<f64>(each$v, v128.add<f64>(v128.splat<f64>(2.5), tau$v)), spread$v);
	// unroll v: TILE_VECTORS
	const dS$v = multiplyAdd<f64>(v128.add<f64>(weight$v, each$v), delta$v, ofWeight$v);
	// unroll v: TILE_VECTORS
	const rounds$v = v128.mul<f64>(v128.mul<f64>(up, v128.add<f64>(keyRounding, rounding$v)), weight$v);
	// unroll v: TILE_VECTORS
	const weightFloor$v = v128.mul<f64>(three, rounds$v);
	// unroll v: TILE_VECTORS
	const scoreFloor$v = v128.mul<f64>(v128.mul<f64>(v128.splat<f64>(10), rounds$v), spread$v);
	// unroll v: TILE_VECTORS
	const score$v = v128.min<f64>(v128.mul<f64>(v128.splat<f64>(0.5), sigma$v), dS$v);
	const unit = v128.splat<f64>(8.881784197001252e-16), centre = v128.load_splat<f64>(bounds, CENTRE_NORM);
	// unroll v: TILE_VECTORS
	const outputRounded$v = multiplyAdd<f64>(v128.mul<f64>(sixteen, rounding$v), V$v, v128.mul<f64>(unit, v128.add<f64>(V$v, centre)));
	// unroll v: TILE_VECTORS
	const ofOutput$v = v128.add<f64>(v128.min<f64>(v128.mul<f64>(tau$v, V$v), outputError$v), outputRounded$v);
	// unroll v: TILE_VECTORS
	v128.store(out, v128.mul<f64>(up, query$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + P, rounded$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 2 * P, v128.mul<f64>(up, v128.add<f64>(each$v, weightFloor$v)), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 3 * P, v128.mul<f64>(up, weightFloor$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 4 * P, v128.mul<f64>(up, v128.add<f64>(score$v, scoreFloor$v)), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 5 * P, v128.mul<f64>(up, scoreFloor$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 6 * P, v128.mul<f64>(up, ofOutput$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 7 * P, v128.mul<f64>(up, outputRounded$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(out + 8 * P, kappa$v, $v * 16);
}
