// Results of queries in the units of the problem, and their bounds' sums for keys (`src/backward/part-bounds.ts`).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { clearPanels, laneSum, panelBytes, panelRows } from "../panels/panel";
import { rowAt } from "./part";
import { largestOf, loadColumns, storeRows } from "./rows";

/** Results of the queries of a part: sizes and addresses, 4 bytes each. */
@unmanaged
export class QueryResults {
	d: i32;
	dv: i32;
	rows: i32;
	/** Factor of dQ, that of its bounds, that of the bounds of outputs, and what each bound has in addition; ν (d), the shifts of lse for each unit of q + ν (d), the centre of the values (dv). */
	numbers: usize;
	q: usize;
	dO: usize;
	dQ: usize;
	output: usize;
	lse: usize;
	/** BOUND_PANELS bounds, each of all queries. */
	errors: usize;
}

/** sums (`columns` panels) += bound · (|x| + |offset|), where the bound is not 0; offset: 0 for none. */
function addBounded(columns: i32, bound: usize, x: usize, offset: usize, sums: usize): void {
	const P = panelBytes(), none = zero();
	// unroll v: TILE_VECTORS
	const b$v = v128.load(bound, $v * 16);
	// unroll v: TILE_VECTORS
	const m$v = v128.ne<f64>(b$v, none);
	for (const end = sums + <usize>columns * P; sums < end; sums += P, x += P) {
		const more = offset ? v128.abs<f64>(v128.load_splat<f64>(offset)) : none;
		// unroll v: TILE_VECTORS
		const s$v = v128.and(m$v, v128.mul<f64>(b$v, v128.add<f64>(more, v128.abs<f64>(v128.load(x, $v * 16)))));
		// unroll v: TILE_VECTORS
		v128.store(sums, v128.add<f64>(s$v, v128.load(sums, $v * 16)), $v * 16);
		if (offset) offset += 8;
	}
}

/** most = the larger of both, NaN where one is. */
function raisePanel(panel: usize, most: usize): void {
	// unroll v: TILE_VECTORS
	const m$v = v128.max<f64>(v128.load(panel, $v * 16), v128.load(most, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(most, m$v, $v * 16);
}

/** bound · factor + lost; Infinity where that is no number. */
function scaleBound(factor: usize, lost: usize, bound: usize): void {
	const f = v128.load_splat<f64>(factor), more = v128.load_splat<f64>(lost), infinite = v128.splat<f64>(Infinity);
	// unroll v: TILE_VECTORS
	const b$v = multiplyAdd<f64>(f, v128.load(bound, $v * 16), more);
	// unroll v: TILE_VECTORS
	const x$v = v128.bitselect(b$v, infinite, v128.ge<f64>(b$v, zero()));
	// unroll v: TILE_VECTORS
	v128.store(bound, x$v, $v * 16);
}

/** Output about no centre, and lse of the given keys, where a query sees one. */
function shiftOutput(results: QueryResults, q: usize, output: usize, lse: usize): void {
	const P = panelBytes(), d = results.d, nu = results.numbers + 32, shifts = nu + (<usize>d << 3), centre = shifts + (<usize>d << 3);
	const least = v128.splat<f64>(-Infinity);
	// unroll v: TILE_VECTORS
	let l$v = v128.load(lse, $v * 16);
	// unroll v: TILE_VECTORS
	const m$v = v128.gt<f64>(l$v, least);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let b: usize = 0; b < <usize>d; b++, q += P) {
		const own = v128.load_splat<f64>(nu + 8 * b), shift = v128.load_splat<f64>(shifts + 8 * b);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(shift, v128.add<f64>(own, v128.load(q, $v * 16)), s$v);
	}
	// unroll v: TILE_VECTORS
	l$v = v128.add<f64>(l$v, s$v);
	// unroll v: TILE_VECTORS
	v128.store(lse, l$v, $v * 16);
	for (let i: usize = 0; i < <usize>results.dv; i++, output += P) {
		const c = v128.load_splat<f64>(centre + 8 * i);
		// unroll v: TILE_VECTORS
		const o$v = v128.add<f64>(v128.load(output, $v * 16), v128.and(m$v, c));
		// unroll v: TILE_VECTORS
		v128.store(output, o$v, $v * 16);
	}
}

/**
 * Brings dQ, outputs, lse and the bounds of both of the queries from..to-1 into the units of the problem. out, 2 (d + dv) + 6 doubles: sums of the
 * bounds of dS and of the rounding in them times |q_b| + |ν_b|, of those of weights times |dO_i|; the largest rounding in a bound of dQ, the largest
 * bounds of dQ and of the output, the largest rounding in the latter, κ and |dQ|. scratch: 4 (d + dv) + BOUND_PANELS + 7 panels.
 */
export function finishQueries(scratch: usize, results: QueryResults, from: i32, to: i32, out: usize): void {
	const P = panelBytes(), d = results.d, dv = results.dv, numbers = results.numbers, sumPanels = 2 * (d + dv);
	const q = scratch, dO = q + <usize>d * P, dQ = dO + <usize>dv * P, output = dQ + <usize>d * P, lse = output + <usize>dv * P;
	const errors = lse + P, sums = errors + BOUND_PANELS * P, most = sums + <usize>sumPanels * P;
	clearPanels(sums, sumPanels + 6);
	const factor = v128.load_splat<f64>(numbers);
	for (let at = from; at < to; at += panelRows<f64>()) {
		const count = min(panelRows<f64>(), to - at);
		loadColumns(rowAt(results.q, at, d), count, d, q, P);
		loadColumns(rowAt(results.dO, at, dv), count, dv, dO, P);
		loadColumns(rowAt(results.dQ, at, d), count, d, dQ, P);
		loadColumns(rowAt(results.output, at, dv), count, dv, output, P);
		loadColumns(rowAt(results.lse, at, 1), count, 1, lse, P);
		for (let x = 0; x < BOUND_PANELS; x++) loadColumns(rowAt(results.errors, x * results.rows + at, 1), count, 1, errors + <usize>x * P, P);
		addBounded(d, errors + 4 * P, q, numbers + 32, sums);
		addBounded(d, errors + 5 * P, q, numbers + 32, sums + <usize>d * P);
		addBounded(dv, errors + 2 * P, dO, 0, sums + <usize>(2 * d) * P);
		addBounded(dv, errors + 3 * P, dO, 0, sums + <usize>(2 * d + dv) * P);
		raisePanel(errors + P, most);
		for (let x = dQ; x < output; x += P) {
			// unroll v: TILE_VECTORS
			const g$v = v128.mul<f64>(factor, v128.load(x, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(x, g$v, $v * 16);
			// unroll v: TILE_VECTORS
			const s$v = v128.max<f64>(v128.abs<f64>(g$v), v128.load(most + 5 * P, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(most + 5 * P, s$v, $v * 16);
		}
		scaleBound(numbers + 8, numbers + 24, errors);
		scaleBound(numbers + 16, numbers + 24, errors + 6 * P);
		scaleBound(numbers + 16, numbers + 24, errors + 7 * P);
		raisePanel(errors, most + P);
		raisePanel(errors + 6 * P, most + 2 * P);
		raisePanel(errors + 7 * P, most + 3 * P);
		raisePanel(errors + 8 * P, most + 4 * P);
		shiftOutput(results, q, output, lse);
		storeRows(dQ, count, d, rowAt(results.dQ, at, d));
		storeRows(output, count, dv, rowAt(results.output, at, dv));
		storeRows(lse, count, 1, rowAt(results.lse, at, 1));
		storeRows(errors, count, 1, rowAt(results.errors, at, 1));
		storeRows(errors + 6 * P, count, 1, rowAt(results.errors, 6 * results.rows + at, 1));
		storeRows(errors + 7 * P, count, 1, rowAt(results.errors, 7 * results.rows + at, 1));
	}
	for (let x = 0; x < sumPanels; x++, out += 8) store<f64>(out, sumOf(sums + <usize>x * P));
	for (let x = 0; x < 6; x++, out += 8) store<f64>(out, largestOf(most + <usize>x * P));
}

/** The sum of the numbers of a panel. */
function sumOf(panel: usize): f64 {
	let sum: f64 = 0;
	for (let at: usize = 0; at < panelBytes(); at += 16) sum += laneSum<f64>(v128.load(panel + at));
	return sum;
}
