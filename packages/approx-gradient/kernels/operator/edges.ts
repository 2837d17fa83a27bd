// Pairs outside the cores, exactly: a panel of rows against single rows of the other side, as features with weights.

import { exponentialBelow } from "@attgrad/matrix-core/kernels/exponential";
import { zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { cotangents } from "../features/cotangents";
import { addEvaluated } from "../features/outputs";
import { clearPanels, panelBytes } from "../panels/panel";
import { OperatorPart, rowAt } from "./part";

/** weights = e^score · omega for `count` rows `from`.. where low <= row < high, otherwise 0; scores are there before. omega: one number a row, or a panel. */
// @ts-ignore: decorator
@inline
function weigh(from: i32, count: i32, low: usize, high: usize, omega: usize, ofRows: bool, table: usize, weights: usize): void {
	// unroll v: TILE_VECTORS
	const l$v = v128.load(low, $v * 16);
	// unroll v: TILE_VECTORS
	const h$v = v128.load(high, $v * 16);
	for (let j = from; j < from + count; j++, weights += panelBytes()) {
		const row = v128.splat<f64>(<f64>j);
		// unroll v: TILE_VECTORS
		const m$v = v128.and(v128.le<f64>(l$v, row), v128.gt<f64>(h$v, row));
		// unroll v: TILE_VECTORS
		const e$v = exponentialBelow<f64>(v128.load(weights, $v * 16), table);
		// unroll v: TILE_VECTORS
		const o$v = ofRows ? v128.load_splat<f64>(omega) : v128.load(omega, $v * 16);
		// unroll v: TILE_VECTORS
		const w$v = v128.and(m$v, v128.mul<f64>(e$v, o$v));
		// unroll v: TILE_VECTORS
		v128.store(weights, w$v, $v * 16);
		if (ofRows) omega += 8;
	}
}

/** The largest weight, and the largest ‖k‖ and ‖v‖ of keys whose weight is not 0 or whose lanes are in view. norms: two numbers a row. */
// @ts-ignore: decorator
@inline
function raiseFacts(from: i32, count: i32, low: usize, high: usize, norms: usize, weights: usize, facts: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	const l$v = v128.load(low, $v * 16);
	// unroll v: TILE_VECTORS
	const h$v = v128.load(high, $v * 16);
	// unroll v: TILE_VECTORS
	let w$v = v128.load(facts, $v * 16);
	// unroll v: TILE_VECTORS
	let k$v = v128.load(facts + P, $v * 16);
	// unroll v: TILE_VECTORS
	let x$v = v128.load(facts + 2 * P, $v * 16);
	for (let j = from; j < from + count; j++, weights += P, norms += 16) {
		const row = v128.splat<f64>(<f64>j), key = v128.load_splat<f64>(norms), value = v128.load_splat<f64>(norms, 8);
		// unroll v: TILE_VECTORS
		const m$v = v128.and(v128.le<f64>(l$v, row), v128.gt<f64>(h$v, row));
		// unroll v: TILE_VECTORS
		w$v = v128.max<f64>(w$v, v128.load(weights, $v * 16));
		// unroll v: TILE_VECTORS
		k$v = v128.max<f64>(k$v, v128.and(m$v, key));
		// unroll v: TILE_VECTORS
		x$v = v128.max<f64>(x$v, v128.and(m$v, value));
	}
	// unroll v: TILE_VECTORS
	v128.store(facts, w$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(facts + P, k$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(facts + 2 * P, x$v, $v * 16);
}

/** terms *= weights, and their sum is added to `sum`. */
function multiplyBy(weights: usize, count: i32, terms: usize, sum: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	let s$v = v128.load(sum, $v * 16);
	for (const end = terms + <usize>count * P; terms < end; terms += P, weights += P) {
		// unroll v: TILE_VECTORS
		const t$v = v128.mul<f64>(v128.load(weights, $v * 16), v128.load(terms, $v * 16));
		// unroll v: TILE_VECTORS
		s$v = v128.add<f64>(s$v, t$v);
		// unroll v: TILE_VECTORS
		v128.store(terms, t$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(sum, s$v, $v * 16);
}

/**
 * Weights of the keys from..to-1 for a panel of queries q (d panels), and their sums: sums (dv + 3 panels, then EDGE_PANELS) gets what they add
 * against values, 1, ‖v‖² and ‖k‖²; behind them are the largest weight, ‖k‖ and ‖v‖ of keys in view.
 */
export function addEdgeSums(part: OperatorPart, from: i32, to: i32, q: usize, low: usize, high: usize, table: usize, weights: usize, sums: usize): void {
	const P = panelBytes(), d = part.d, dv = part.dv, count = to - from;
	if (count <= 0) return;
	cotangents<f64>(d, count, rowAt(part.k, from, d), q, weights);
	weigh(from, count, low, high, rowAt(part.omega, from, 1), true, table, weights);
	raiseFacts(from, count, low, high, rowAt(part.norms, from, 2), weights, sums + <usize>(dv + 3) * P);
	addEvaluated<f64>(dv + 1, weights, count, rowAt(part.v, from, dv + 1), <usize>(dv + 1) << 3, sums);
	addEvaluated<f64>(2, weights, count, rowAt(part.squares, from, 2), 16, sums + <usize>(dv + 1) * P);
}

/** gradient (d panels) += Σ w_l <c', (v_l, 1)> k_l over those keys, with the weights that `addEdgeSums` has left. terms: as many panels. */
export function addEdgeGradients(part: OperatorPart, from: i32, to: i32, cotangent: usize, weights: usize, terms: usize, sum: usize, gradient: usize): void {
	const d = part.d, dv = part.dv, count = to - from;
	if (count <= 0) return;
	cotangents<f64>(dv + 1, count, rowAt(part.v, from, dv + 1), cotangent, terms);
	multiplyBy(weights, count, terms, sum);
	addEvaluated<f64>(d, terms, count, rowAt(part.k, from, d), <usize>d << 3, gradient);
}

/**
 * Adds the parts of the queries from..to-1 of a head to a panel of keys k (d panels) with values v (dv + 1 panels) and weights omega (a panel): to dV (dv panels),
 * to dK (d panels) without ν, and to the sum of dS (a panel).
 */
export function addEdgeQueries(
	part: OperatorPart, head: i32, from: i32, to: i32, k: usize, v: usize, omega: usize, low: usize, high: usize, table: usize,
	weights: usize, terms: usize, dK: usize, dV: usize, sum: usize,
): void {
	const d = part.d, dv = part.dv, count = to - from, j = head * part.queries + from, stride = <usize>(dv + 1) << 3;
	if (count <= 0) return;
	const q = rowAt(part.q, j, d), c = rowAt(part.cotangents, j, dv + 1);
	cotangents<f64>(d, count, q, k, weights);
	weigh(from, count, low, high, omega, false, table, weights);
	addEvaluated<f64>(dv, weights, count, c, stride, dV);
	cotangents<f64>(dv + 1, count, c, v, terms);
	multiplyBy(weights, count, terms, sum);
	addEvaluated<f64>(d, terms, count, q, <usize>d << 3, dK);
}
