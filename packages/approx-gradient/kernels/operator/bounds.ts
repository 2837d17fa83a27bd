// Error bounds of a panel of queries: the same formulas as `src/backward/row-bounds.ts`. A row is a lane.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { columnSums } from "../gauss/row-polynomials";
import { OperatorPart } from "./part";

/** Places of the doubles that bounds take, in bytes from their address. */
const SUMS: usize = 0;
const KEY_SUMS: usize = SUMS + 8;
const SCORE: usize = KEY_SUMS + 8;
const SCORE_CONSTANT: usize = SCORE + 8;
const SCORE_LOST: usize = SCORE_CONSTANT + 8;
const NU_NORM: usize = SCORE_LOST + 8;
const RADIUS: usize = NU_NORM + 8;
const KAPPA: usize = RADIUS + 8;
const ROUNDING: usize = KAPPA + 8;
const EDGE_SCORE: usize = ROUNDING + 8;
const LEAST: usize = EDGE_SCORE + 8;
const LARGEST: usize = LEAST + 8;
const QUERY_NORM: usize = LARGEST + 8;
const SQUARE_ERROR: usize = QUERY_NORM + 8;
const ROOT_D: usize = SQUARE_ERROR + 8;
const CENTRE_NORM: usize = ROOT_D + 8;

/** Numbers of a row, ROW_PANELS panels. */
const REACH: usize = 0;
const NORM: usize = REACH + 1;
const ACCEPTED: usize = NORM + 1;
const SIZE: usize = ACCEPTED + 1;
const ERROR: usize = SIZE + 1;
const CORE: usize = ERROR + 1;
const ROUNDED: usize = CORE + 1;
const OFF: usize = ROUNDED + 1;
const VALUE_ERROR: usize = OFF + 1;
const VALUE: usize = VALUE_ERROR + 1;
const KEY_ERROR: usize = VALUE + 1;
const KEY: usize = KEY_ERROR + 1;
const OUTPUT: usize = KEY + 1;
const GRADIENT: usize = OUTPUT + 1;
const COTANGENT: usize = GRADIENT + 1;
const SPREAD: usize = COTANGENT + 1;

/** Below this a square may be lost: norms are made larger by the root of that. */
const LOST = 1e-150;

// @ts-ignore: decorator
@inline
function fact(facts: usize, which: usize): usize {
	return facts + which * panelBytes();
}

/** Addresses of the reach of a panel's rows, and of the mask of those that have a polynomial. */
// @ts-ignore: decorator
@inline
export function reachIn(facts: usize): usize {
	return fact(facts, REACH);
}

// @ts-ignore: decorator
@inline
export function acceptedIn(facts: usize): usize {
	return fact(facts, ACCEPTED);
}

/** At least ‖x‖ for d panels. */
function normOf(d: i32, x: usize, out: usize): void {
	const P = panelBytes(), up = v128.splat<f64>(1.000000000001), lost = v128.splat<f64>(LOST);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (const end = x + <usize>d * P; x < end; x += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(x$v, x$v, s$v);
	}
	// unroll v: TILE_VECTORS
	v128.store(out, multiplyAdd<f64>(v128.sqrt<f64>(s$v), up, lost), $v * 16);
}

/** Norms of d panels of queries, and their reach: at least every |score| with a key of the core. largest: |k_b| (d), |v_i| (dv), ‖k‖, ‖v‖, ω. */
export function reachOf(part: OperatorPart, q: usize, largest: usize, facts: usize): void {
	const P = panelBytes(), up = v128.splat<f64>(1.000000000001), lost = v128.splat<f64>(1e-300);
	normOf(part.d, q, fact(facts, NORM));
	const norm = v128.load_splat<f64>(largest + (<usize>(part.d + part.dv) << 3));
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (const end = q + <usize>part.d * P; q < end; q += P, largest += 8) {
		const most = v128.load_splat<f64>(largest);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(v128.abs<f64>(v128.load(q, $v * 16)), most, s$v);
	}
	// unroll v: TILE_VECTORS
	const r$v = v128.min<f64>(s$v, v128.mul<f64>(v128.load(fact(facts, NORM), $v * 16), norm));
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, REACH), multiplyAdd<f64>(r$v, up, lost), $v * 16);
}

/**
 * Which rows have a polynomial. N: dv + 1 panels of the core's sums, to which those of the edge are added; ones: power sums of the
 * column of ones; edge: as of `addEdgeSums`.
 */
export function acceptRows(part: OperatorPart, solution: usize, ones: usize, largest: usize, edge: usize, N: usize, facts: usize): void {
	const P = panelBytes(), g = part.degree, r = part.roots, dv = part.dv, bounds = part.bounds;
	const one = v128.splat<f64>(1), none = zero(), core = fact(facts, CORE), reach = fact(facts, REACH);
	columnSums(g, r, part.solution, solution, ones, fact(facts, ERROR), fact(facts, VALUE));
	// unroll v: TILE_VECTORS
	v128.store(core, v128.load(N + <usize>dv * P, $v * 16), $v * 16);
	for (let at = N, from = edge; at <= N + <usize>dv * P; at += P, from += P) {
		// unroll v: TILE_VECTORS
		const n$v = v128.add<f64>(v128.load(at, $v * 16), v128.load(from, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(at, n$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let size$v = zero();
	for (let a = solution + <usize>g * P; a >= solution; a -= P) {
		// unroll v: TILE_VECTORS
		size$v = multiplyAdd<f64>(size$v, R$v, v128.abs<f64>(v128.load(a, $v * 16)));
	}
	const cs = v128.load_splat<f64>(bounds, SUMS), edgeSum = edge + <usize>dv * P, D = N + <usize>dv * P;
	// unroll v: TILE_VECTORS
	const D$v = v128.load(D, $v * 16);
	// unroll v: TILE_VECTORS
	const t$v = multiplyAdd<f64>(size$v, v128.load(ones, $v * 16), v128.load(edgeSum, $v * 16));
	// unroll v: TILE_VECTORS
	const rounding$v = v128.div<f64>(v128.mul<f64>(cs, t$v), D$v);
	const keyNorm = v128.load_splat<f64>(largest + (<usize>(part.d + dv) << 3)), edgeNorm = edge + <usize>(dv + 4) * P;
	const A = v128.load_splat<f64>(bounds, SCORE), B = v128.load_splat<f64>(bounds, SCORE_CONSTANT), C = v128.load_splat<f64>(bounds, SCORE_LOST);
	const nu = v128.load_splat<f64>(bounds, NU_NORM);
	// unroll v: TILE_VECTORS
	const q$v = v128.load(fact(facts, NORM), $v * 16);
	// unroll v: TILE_VECTORS
	const k$v = v128.max<f64>(v128.load(edgeNorm, $v * 16), keyNorm);
	// unroll v: TILE_VECTORS
	let x$v = multiplyAdd<f64>(v128.mul<f64>(A, v128.add<f64>(q$v, nu)), k$v, B);
	// unroll v: TILE_VECTORS
	x$v = multiplyAdd<f64>(C, v128.add<f64>(q$v, k$v), x$v);
	// e^x - 1 <= x + x² for x < 1.
	// unroll v: TILE_VECTORS
	const off$v = multiplyAdd<f64>(x$v, x$v, x$v);
	const kappa = v128.load_splat<f64>(bounds, KAPPA), some = v128.splat<f64>(1.02), more = v128.splat<f64>(1.01);
	// unroll v: TILE_VECTORS
	const least$v = v128.mul<f64>(D$v, multiplySubtract<f64>(more, rounding$v, one));
	// unroll v: TILE_VECTORS
	const e$v = multiplyAdd<f64>(v128.mul<f64>(some, off$v), D$v, multiplyAdd<f64>(off$v, v128.load(fact(facts, ERROR), $v * 16), v128.load(fact(facts, ERROR), $v * 16)));
	// unroll v: TILE_VECTORS
	let a$v = v128.and(v128.lt<f64>(e$v, v128.mul<f64>(kappa, least$v)), v128.lt<f64>(x$v, one));
	const radius = v128.load_splat<f64>(bounds, RADIUS), most = v128.load_splat<f64>(bounds, ROUNDING), score = v128.load_splat<f64>(bounds, EDGE_SCORE);
	// unroll v: TILE_VECTORS
	a$v = v128.and(a$v, v128.and(v128.le<f64>(R$v, radius), v128.le<f64>(rounding$v, most)));
	// unroll v: TILE_VECTORS
	a$v = v128.and(a$v, v128.le<f64>(v128.mul<f64>(q$v, v128.load(edgeNorm, $v * 16)), score));
	const least = v128.load_splat<f64>(bounds, LEAST), largestD = v128.load_splat<f64>(bounds, LARGEST), queryNorm = v128.load_splat<f64>(bounds, QUERY_NORM);
	// unroll v: TILE_VECTORS
	a$v = v128.and(a$v, v128.and(v128.gt<f64>(D$v, least), v128.lt<f64>(D$v, largestD)));
	// unroll v: TILE_VECTORS
	a$v = v128.and(a$v, v128.and(v128.gt<f64>(v128.load(core, $v * 16), none), v128.lt<f64>(q$v, queryNorm)));
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, ACCEPTED), a$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, SIZE), size$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, ROUNDED), rounding$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, OFF), off$v, $v * 16);
}

/** Norms of a row's upstream gradient, output and gradient, and its spread: at least every |<dO, v>| of keys in view. */
function sizesOf(part: OperatorPart, dO: usize, output: usize, gradient: usize, largest: usize, edge: usize, facts: usize): void {
	const P = panelBytes(), dv = part.dv, up = v128.splat<f64>(1.000000000001);
	normOf(dv, dO, fact(facts, COTANGENT));
	normOf(dv, output, fact(facts, OUTPUT));
	normOf(part.d, gradient, fact(facts, GRADIENT));
	const values = largest + (<usize>part.d << 3), edgeNorm = edge + <usize>(dv + 5) * P;
	const valueNorm = v128.load_splat<f64>(values + (<usize>(dv + 1) << 3));
	// unroll v: TILE_VECTORS
	const e$v = v128.load(edgeNorm, $v * 16);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let i = 0, at = dO; i < dv; i++, at += P) {
		const most = v128.load_splat<f64>(values + (<usize>i << 3));
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(v128.abs<f64>(v128.load(at, $v * 16)), v128.max<f64>(most, e$v), s$v);
	}
	// unroll v: TILE_VECTORS
	const n$v = v128.mul<f64>(up, v128.max<f64>(valueNorm, e$v));
	// unroll v: TILE_VECTORS
	const b$v = v128.min<f64>(s$v, v128.mul<f64>(v128.load(fact(facts, COTANGENT), $v * 16), n$v));
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, SPREAD), v128.mul<f64>(up, b$v), $v * 16);
	// The largest ‖v‖ in view takes the place of the core's normaliser, which is not read any more.
	// unroll v: TILE_VECTORS
	v128.store(fact(facts, CORE), n$v, $v * 16);
}

/**
 * Bounds of a panel of rows, BOUND_PANELS panels: of dQ and the rounding in it, of what a row adds to a key's dV for each unit of dO
 * and the rounding in it, of what it adds to dK likewise, and of the length of the output. Rows without a polynomial have no meaning.
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
}
