// The rows of a panel that have a polynomial: the same rule as `src/backward/row-bounds.ts`. A row is a lane.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { columnSums } from "../gauss/solved-sums";
import { panelBytes } from "../panels/panel";
import { OperatorPart } from "./part";
import {
	ACCEPTED, CORE, EDGE_SCORE, ERROR, fact, KAPPA, LARGEST, LEAST, NORM, NU_NORM, OFF, QUERY_NORM, RADIUS, REACH, ROUNDED, ROUNDING, SCORE, SCORE_CONSTANT, SCORE_LOST, SIZE, SUMS, VALUE,
} from "./row-facts";

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
