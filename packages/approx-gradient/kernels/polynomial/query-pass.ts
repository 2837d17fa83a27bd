// Pass 2 (paper.md 5.3, 5.4): a panel of queries at a time, normaliser, output, residual, and the query gradient, either by
// raised moments (the route `moment`) or backwards through the feature tree (`reverse`).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { cotangents } from "../features/cotangents";
import { RUN_SIZE } from "../features/features";
import { evaluate } from "../features/outputs";
import { clearPanels, loadPanels, panelBytes, panelRows, takeSums } from "../panels/panel";
import { centrePanels, projectPanels } from "../panels/projection";
import { raise } from "../features/raised-gradient";
import { backward, productsBackward } from "../features/backward";

/**
 * From unnormalised outputs N (d panels, then the normaliser D) and targets: the residual c = o - E in place of the
 * targets, and in place of N the cotangents c / D and -<c, o> / D.
 */
export function residual<T>(d: i32, N: usize, target: usize): void {
	const P = panelBytes(), normaliser = N + <usize>d * P, one = v128.splat<T>(<T>1);
	// unroll v: TILE_VECTORS
	const inverse$v = v128.div<T>(one, v128.load(normaliser, $v * 16));
	// unroll v: TILE_VECTORS
	let r$v = zero();
	for (let at = N, to = target; at < normaliser; at += P, to += P) {
		// unroll v: TILE_VECTORS
		const o$v = v128.mul<T>(v128.load(at, $v * 16), inverse$v);
		// unroll v: TILE_VECTORS
		const c$v = v128.sub<T>(o$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		r$v = multiplyAdd<T>(c$v, o$v, r$v);
		// unroll v: TILE_VECTORS
		v128.store(to, c$v, $v * 16);
		// unroll v: TILE_VECTORS
		const s$v = v128.mul<T>(c$v, inverse$v);
		// unroll v: TILE_VECTORS
		v128.store(at, s$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	r$v = v128.neg<T>(v128.mul<T>(r$v, inverse$v));
	// unroll v: TILE_VECTORS
	v128.store(normaliser, r$v, $v * 16);
}

/**
 * First of `count` rows whose normaliser is not a positive number, or -1; rows beyond `count` get the normaliser 1.
 * range: [that normaliser, the least normaliser so far].
 */
export function checkNormalisers<T>(normaliser: usize, count: i32, range: usize): i32 {
	let least = load<f64>(range, 8);
	for (let r = 0; r < panelRows<T>(); r++, normaliser += sizeof<T>()) {
		if (r >= count) {
			store<T>(normaliser, <T>1);
			continue;
		}
		const D = <f64>load<T>(normaliser);
		if (!(D > 0 && D < Infinity)) {
			store<f64>(range, D);
			return r;
		}
		least = min<f64>(least, D);
	}
	store<f64>(range, least, 8);
	return -1;
}

/** Zero for rows beyond `count` in `columns` panels: in queries before their powers are made, which must not overflow. */
export function clearRows<T>(panel: usize, columns: i32, count: i32): void {
	for (let i = 0; i < columns; i++, panel += panelBytes())
		for (let r = count; r < panelRows<T>(); r++) store<T>(panel + <usize>r * sizeof<T>(), <T>0);
}

/** products[i] += x · y[i] and bounds[i] += |x| · c[i] over the d panels y and c, x being a panel. */
// @ts-ignore: decorator
@inline
function addOuter<T>(d: i32, x: usize, y: usize, c: usize, products: usize, bounds: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	const x$v = v128.load(x, $v * 16);
	// unroll v: TILE_VECTORS
	const size$v = v128.abs<T>(x$v);
	for (const end = y + <usize>d * P; y < end; y += P, c += P, products += P, bounds += P) {
		// unroll v: TILE_VECTORS
		const p$v = multiplyAdd<T>(x$v, v128.load(y, $v * 16), v128.load(products, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(products, p$v, $v * 16);
		// unroll v: TILE_VECTORS
		const b$v = multiplyAdd<T>(size$v, v128.load(c, $v * 16), v128.load(bounds, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(bounds, b$v, $v * 16);
	}
}

/** Adds a panel to the panel sums [½ Σ c², |A1| (d), A1ᵀ Ĝ (d x d), |A1|ᵀ |c| (d x d)]; c is left as |c|. */
export function addToSums<T>(d: i32, a1: usize, c: usize, gradient: usize, sums: usize): void {
	const P = panelBytes(), columns = <usize>d * P;
	const half = v128.splat<T>(<T>0.5);
	// unroll v: TILE_VECTORS
	let loss$v = v128.load(sums, $v * 16);
	for (let at = c; at < c + columns; at += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(at, $v * 16);
		// unroll v: TILE_VECTORS
		const h$v = v128.mul<T>(half, x$v);
		// unroll v: TILE_VECTORS
		loss$v = multiplyAdd<T>(h$v, x$v, loss$v);
		// unroll v: TILE_VECTORS
		const size$v = v128.abs<T>(x$v);
		// unroll v: TILE_VECTORS
		v128.store(at, size$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(sums, loss$v, $v * 16);
	let inputs = sums + P, products = inputs + columns, bounds = products + <usize>d * columns;
	for (let at = a1; at < a1 + columns; at += P, inputs += P, products += columns, bounds += columns) {
		// unroll v: TILE_VECTORS
		const s$v = v128.add<T>(v128.load(inputs, $v * 16), v128.abs<T>(v128.load(at, $v * 16)));
		// unroll v: TILE_VECTORS
		v128.store(inputs, s$v, $v * 16);
		addOuter<T>(d, at, gradient, c, products, bounds);
	}
}

/** Panels between two additions of the panel sums to the totals in double precision. */
export const SUMMED = SUMMED_PANELS;

/** How the query gradient is made. */
export const MOMENT = 0;
export const REVERSE = 1;

/**
 * A range of `rows` queries; returns the first row whose normaliser is not positive, or -1.
 * A1, E: the rows, targets being E - valueCentre; query q is A1 · queryMap - queryShift (doubles; none: d zeros); weighted: w_alpha S[alpha] (nodes x (d + 1));
 * MOMENT also takes moments (S, raisedNodes x (d + 1)), weight (w_alpha) and raised (nodes x d offsets of panels).
 * Adds to totals, in doubles: [L, Σ|A1| (d), A1ᵀ Ĝ (d x d), |A1|ᵀ |c| (d x d)]; behind them it writes the bad normaliser
 * and lowers the least one.
 * Features are made of the nodes below `made`; MOMENT needs them of all.
 * scratch, in panels: made, then raisedNodes (MOMENT) or made, 10 d + 2 + 2 d², and d + 1 for each run of products and once more.
 */
// @ts-ignore: decorator
@inline
export function queryPass<T>(
	mode: i32, scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize,
	raisedNodes: i32, moments: usize, weight: usize, raised: usize, totals: usize,
): i32 {
	const P = panelBytes(), columns = <usize>d * P, stride = <usize>d * sizeof<T>(), productTable = runTable + <usize>runs * RUN_SIZE;
	const wide = scratch, q = wide + 4 * columns, feature = q + columns, gradient = feature + <usize>made * P, t = gradient + columns;
	const a1 = t + <usize>(mode == MOMENT ? raisedNodes : made) * P, c = a1 + columns, N = c + columns, sums = N + columns + P;
	const scaled = sums + <usize>(1 + d + 2 * d * d) * P, productSums = scaled + columns + P;
	const sumCount = 1 + d + 2 * d * d;
	memory.fill(sums, 0, <usize>sumCount * P);
	for (let from = 0, panels = 1; from < rows; from += panelRows<T>(), panels++) {
		const count = min(panelRows<T>(), rows - from);
		loadPanels<T>(A1 + <usize>from * stride, count, d, a1);
		loadPanels<T>(E + <usize>from * stride, count, d, c);
		projectPanels<T>(a1, queryMap, none, queryShift, d, q, wide);
		if (count < panelRows<T>()) clearRows<T>(q, d, count);
		centrePanels<T>(d, valueCentre, c, wide);
		evaluate<T>(d + 1, feature, nodes, made, runs, runTable, weighted, N, productSums);
		const bad = checkNormalisers<T>(N + columns, count, totals + (<usize>sumCount << 3));
		if (bad >= 0) return from + bad;
		residual<T>(d, N, c);
		if (count < panelRows<T>()) {
			clearRows<T>(N, d + 1, count);
			clearRows<T>(c, d, count);
		}
		if (mode == MOMENT) {
			cotangents<T>(d + 1, raisedNodes, moments, N, t);
			raise<T>(d, nodes, feature, weight, raised, t, gradient);
		} else {
			cotangents<T>(d + 1, made, weighted, N, t);
			clearPanels(gradient, d);
			productsBackward<T>(d + 1, feature, made, nodes, productTable, weighted, N, productSums, scaled, t);
			backward<T>(made, runs, runTable, feature, t);
		}
		addToSums<T>(d, a1, c, gradient, sums);
		if (panels % SUMMED == 0 || from + panelRows<T>() >= rows) {
			takeSums<T>(sumCount, sums, totals);
		}
	}
	return -1;
}
