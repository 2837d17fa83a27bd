// Sizes of a panel of queries that its bounds are made of, and where they are kept. A row is a lane.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { OperatorPart } from "./part";

/** Places of the doubles that bounds take, in bytes from their address. */
export const SUMS: usize = 0;
export const KEY_SUMS: usize = SUMS + 8;
export const SCORE: usize = KEY_SUMS + 8;
export const SCORE_CONSTANT: usize = SCORE + 8;
export const SCORE_LOST: usize = SCORE_CONSTANT + 8;
export const NU_NORM: usize = SCORE_LOST + 8;
export const RADIUS: usize = NU_NORM + 8;
export const KAPPA: usize = RADIUS + 8;
export const ROUNDING: usize = KAPPA + 8;
export const EDGE_SCORE: usize = ROUNDING + 8;
export const LEAST: usize = EDGE_SCORE + 8;
export const LARGEST: usize = LEAST + 8;
export const QUERY_NORM: usize = LARGEST + 8;
export const SQUARE_ERROR: usize = QUERY_NORM + 8;
export const ROOT_D: usize = SQUARE_ERROR + 8;
export const CENTRE_NORM: usize = ROOT_D + 8;

/** Numbers of a row, ROW_PANELS panels. */
export const REACH: usize = 0;
export const NORM: usize = REACH + 1;
export const ACCEPTED: usize = NORM + 1;
export const SIZE: usize = ACCEPTED + 1;
export const ERROR: usize = SIZE + 1;
export const CORE: usize = ERROR + 1;
export const ROUNDED: usize = CORE + 1;
export const OFF: usize = ROUNDED + 1;
export const VALUE_ERROR: usize = OFF + 1;
export const VALUE: usize = VALUE_ERROR + 1;
export const KEY_ERROR: usize = VALUE + 1;
export const KEY: usize = KEY_ERROR + 1;
export const OUTPUT: usize = KEY + 1;
export const GRADIENT: usize = OUTPUT + 1;
export const COTANGENT: usize = GRADIENT + 1;
export const SPREAD: usize = COTANGENT + 1;

/** Below this a square may be lost: norms are made larger by the root of that. */
export const LOST = 1e-150;

/** Address of a number of a panel's rows. */
// @ts-ignore: decorator
@inline
export function fact(facts: usize, which: usize): usize {
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

/** Norms of a row's upstream gradient, output and gradient, and its spread: at least every |<dO, v>| of keys in view. */
export function sizesOf(part: OperatorPart, dO: usize, output: usize, gradient: usize, largest: usize, edge: usize, facts: usize): void {
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
