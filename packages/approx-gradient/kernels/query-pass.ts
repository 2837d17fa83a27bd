// Pass 2 (paper.md 5.3, 5.4): a panel of queries at a time, normaliser, output, residual, and the query gradient, either by
// raised moments (the route `moment`) or backwards through the feature tree (`reverse`).
//
// Long sums over nodes go in runs of RUN nodes whose results are added up after: sums of K terms then err by
// about RUN + K / RUN roundings instead of K, which counts in single precision, and a run's moments stay in L1.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelFeatures, RUN_BYTES } from "./features";
import { centrePanels, loadPanels, panelBytes, panelRows, panelSum, projectPanels } from "./panel";

/** Nodes of a run. */
const RUN = 48;

/** N[c] += sum over nodes of S[node][c] · feature[node] for C <= 5 columns c: 10 accumulators, of TILE_VECTORS / 2 pairs. */
// @ts-ignore: decorator
@inline
function evaluateColumns<T>(C: i32, feature: usize, nodes: i32, S: usize, stride: usize, N: usize): void {
	// unroll c: 5, v: TILE_VECTORS
	let a$c$v = zero();
	for (const end = feature + <usize>nodes * panelBytes(); feature < end; feature += panelBytes(), S += stride) {
		// unroll v: TILE_VECTORS
		const f$v = v128.load(feature, $v * 16);
		// unroll c: 5, v: TILE_VECTORS
		if ($c < C) a$c$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), f$v, a$c$v);
	}
	// unroll c: 5, v: TILE_VECTORS
	if ($c < C) a$c$v = v128.add<T>(a$c$v, v128.load(N, ($c * TILE_VECTORS + $v) * 16));
	// unroll c: 5, v: TILE_VECTORS
	if ($c < C) v128.store(N, a$c$v, ($c * TILE_VECTORS + $v) * 16);
}

/**
 * The features of a panel x, made as `panelFeatures` makes them, and while they are in registers N[c] += sum over nodes of
 * S[node][c] · feature[node] for C <= 5 columns c.
 */
// @ts-ignore: decorator
@inline
function makeAndEvaluate<T>(C: i32, x: usize, out: usize, runs: i32, runTable: usize, S: usize, stride: usize, N: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	v128.store(out, v128.splat<T>(<T>1), $v * 16);
	// unroll c: 5
	const first$c = $c < C ? v128.load_splat<T>(S, $c * sizeof<T>()) : zero();
	// unroll c: 5, v: TILE_VECTORS
	if ($c < C) v128.store(N, first$c, ($c * TILE_VECTORS + $v) * 16);
	S += stride;
	let child = out + P, run = runTable, parent: usize = 0, z: usize = 0, left = 0;
	for (const last = runTable + <usize>runs * RUN_BYTES; run < last || left > 0; ) {
		// unroll c: 5, v: TILE_VECTORS
		let a$c$v = zero();
		for (let room = RUN; room > 0; ) {
			if (left == 0) {
				if (run == last) break;
				z = x + <usize>load<i32>(run) * P;
				parent = out + <usize>load<i32>(run, 4) * P;
				left = load<i32>(run, 8);
				run += RUN_BYTES;
			}
			const take = min(left, room);
			left -= take;
			room -= take;
			for (const end = child + <usize>take * P; child < end; child += P, parent += P, S += stride) {
				// unroll v: TILE_VECTORS
				const f$v = v128.mul<T>(v128.load(parent, $v * 16), v128.load(z, $v * 16));
				// unroll v: TILE_VECTORS
				v128.store(child, f$v, $v * 16);
				// unroll c: 5, v: TILE_VECTORS
				if ($c < C) a$c$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), f$v, a$c$v);
			}
		}
		// unroll c: 5, v: TILE_VECTORS
		if ($c < C) a$c$v = v128.add<T>(a$c$v, v128.load(N, ($c * TILE_VECTORS + $v) * 16));
		// unroll c: 5, v: TILE_VECTORS
		if ($c < C) v128.store(N, a$c$v, ($c * TILE_VECTORS + $v) * 16);
	}
}

/** N (`columns` panels) += Sᵀ features over `nodes` nodes. */
function addEvaluated<T>(columns: i32, feature: usize, nodes: i32, S: usize, stride: usize, N: usize): void {
	const P = panelBytes();
	for (let node = 0; node < nodes; node += RUN) {
		const f = feature + <usize>node * P, run = min(RUN, nodes - node);
		let left = columns, s = S + <usize>node * stride, to = N;
		for (; left >= 5; left -= 5, s += 5 * sizeof<T>(), to += 5 * P) evaluateColumns<T>(5, f, run, s, stride, to);
		if (left == 4) evaluateColumns<T>(4, f, run, s, stride, to);
		else if (left == 3) evaluateColumns<T>(3, f, run, s, stride, to);
		else if (left == 2) evaluateColumns<T>(2, f, run, s, stride, to);
		else if (left == 1) evaluateColumns<T>(1, f, run, s, stride, to);
	}
}

/**
 * N (`columns` panels) += what the leaves `made` .. `nodes` - 1 add: each run of them is one variable x_v times a product of
 * its parents' features, sums = sum over leaves of S[leaf] · feature[parent], which is kept in `sums`, `columns` panels a run.
 */
function evaluateLeaves<T>(
	columns: i32, x: usize, feature: usize, made: i32, nodes: i32, leafTable: usize, S: usize, N: usize, sums: usize,
): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	S += <usize>made * stride;
	for (let node = made, length = 0; node < nodes; node += length, S += <usize>length * stride, leafTable += RUN_BYTES) {
		const z = x + <usize>load<i32>(leafTable) * P, parent = feature + <usize>load<i32>(leafTable, 4) * P;
		length = load<i32>(leafTable, 8);
		memory.fill(sums, 0, <usize>columns * P);
		addEvaluated<T>(columns, parent, length, S, stride, sums);
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		for (let to = N, end = N + <usize>columns * P; to < end; to += P, sums += P) {
			// unroll v: TILE_VECTORS
			const n$v = multiplyAdd<T>(z$v, v128.load(sums, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, n$v, $v * 16);
		}
	}
}

/** Nodes of a run, on average, from which on features are made while they are evaluated: short runs are better left to themselves. */
const LONG_RUNS: i32 = 6;

/**
 * The features of a panel x (`made` panels), and N (`columns` panels) = Sᵀ features over all nodes; sums: `columns` panels
 * for each run of leaves.
 */
export function evaluate<T>(
	columns: i32, x: usize, feature: usize, nodes: i32, made: i32, runs: i32, runTable: usize, S: usize, N: usize, sums: usize,
): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	if (made >= LONG_RUNS * runs && columns > 1) {
		if (columns >= 5) makeAndEvaluate<T>(5, x, feature, runs, runTable, S, stride, N);
		else if (columns == 4) makeAndEvaluate<T>(4, x, feature, runs, runTable, S, stride, N);
		else if (columns == 3) makeAndEvaluate<T>(3, x, feature, runs, runTable, S, stride, N);
		else makeAndEvaluate<T>(2, x, feature, runs, runTable, S, stride, N);
		if (columns > 5) {
			memory.fill(N + 5 * P, 0, <usize>(columns - 5) * P);
			addEvaluated<T>(columns - 5, feature, made, S + 5 * sizeof<T>(), stride, N + 5 * P);
		}
	} else {
		panelFeatures<T>(x, feature, runs, runTable);
		memory.fill(N, 0, <usize>columns * P);
		addEvaluated<T>(columns, feature, made, S, stride, N);
	}
	evaluateLeaves<T>(columns, x, feature, made, nodes, runTable + <usize>runs * RUN_BYTES, S, N, sums);
}

/** t[node] = sum over c of S[node][c] · cotangent[c] for C <= 4 nodes, or that sum added to t[node]. */
// @ts-ignore: decorator
@inline
function cotangentTile<T>(C: i32, add: bool, S: usize, stride: usize, cotangent: usize, t: usize): void {
	// unroll n: 4, v: TILE_VECTORS
	let a$n$v = zero();
	for (let from = S, c = cotangent; from < S + stride; from += sizeof<T>(), c += panelBytes()) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(c, $v * 16);
		// unroll n: 4, v: TILE_VECTORS
		if ($n < C) a$n$v = multiplyAdd<T>(v128.load_splat<T>(from + $n * stride), x$v, a$n$v);
	}
	// unroll n: 4, v: TILE_VECTORS
	if (add && $n < C) a$n$v = v128.add<T>(a$n$v, v128.load(t, ($n * TILE_VECTORS + $v) * 16));
	// unroll n: 4, v: TILE_VECTORS
	if ($n < C) v128.store(t, a$n$v, ($n * TILE_VECTORS + $v) * 16);
}

/** The same for any number of nodes and C <= 5 columns, whose cotangents stay in registers. */
// @ts-ignore: decorator
@inline
function fewCotangents<T>(C: i32, add: bool, nodes: i32, S: usize, cotangent: usize, t: usize): void {
	// unroll c: 5, v: TILE_VECTORS
	const x$c$v = $c < C ? v128.load(cotangent, ($c * TILE_VECTORS + $v) * 16) : zero();
	for (const end = t + <usize>nodes * panelBytes(); t < end; t += panelBytes(), S += <usize>C * sizeof<T>()) {
		const first = v128.load_splat<T>(S);
		// unroll v: TILE_VECTORS
		let a$v = v128.mul<T>(first, x0$v);
		// unroll c: 5, v: TILE_VECTORS
		if ($c > 0 && $c < C) a$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), x$c$v, a$v);
		// unroll v: TILE_VECTORS
		if (add) a$v = v128.add<T>(a$v, v128.load(t, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(t, a$v, $v * 16);
	}
}

/** t[node] = sum over c of S[node][c] · cotangent[c], or that sum added to t[node]. */
// @ts-ignore: decorator
@inline
function cotangents<T>(add: bool, columns: i32, nodes: i32, S: usize, cotangent: usize, t: usize): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	if (columns == 5) return fewCotangents<T>(5, add, nodes, S, cotangent, t);
	if (columns == 4) return fewCotangents<T>(4, add, nodes, S, cotangent, t);
	if (columns == 3) return fewCotangents<T>(3, add, nodes, S, cotangent, t);
	if (columns == 2) return fewCotangents<T>(2, add, nodes, S, cotangent, t);
	for (; nodes >= 4; nodes -= 4, S += 4 * stride, t += 4 * P) cotangentTile<T>(4, add, S, stride, cotangent, t);
	for (; nodes > 0; nodes--, S += stride, t += P) cotangentTile<T>(1, add, S, stride, cotangent, t);
}

/**
 * The way back from the leaves `made` .. `nodes` - 1, whose own t is not formed: gradient (d panels) = the derivative in the
 * variable of each run, <cotangent, sums>, and t[parent] += sum over c of S[leaf][c] · (x_v · cotangent[c]).
 * sums: as evaluateLeaves has left them; scaled: `columns` panels.
 */
function leavesBackward<T>(
	columns: i32, x: usize, made: i32, nodes: i32, leafTable: usize, S: usize, cotangent: usize, sums: usize,
	scaled: usize, t: usize, gradient: usize,
): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	memory.fill(gradient, 0, <usize>(columns - 1) * P);
	S += <usize>made * stride;
	for (let node = made, length = 0; node < nodes; node += length, S += <usize>length * stride, leafTable += RUN_BYTES) {
		const v = <usize>load<i32>(leafTable) * P, z = x + v, to = gradient + v;
		const own = t + <usize>load<i32>(leafTable, 4) * P;
		length = load<i32>(leafTable, 8);
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		// unroll v: TILE_VECTORS
		let g$v = zero();
		for (let c = cotangent, out = scaled; c < cotangent + <usize>columns * P; c += P, out += P, sums += P) {
			// unroll v: TILE_VECTORS
			const c$v = v128.load(c, $v * 16);
			// unroll v: TILE_VECTORS
			g$v = multiplyAdd<T>(c$v, v128.load(sums, $v * 16), g$v);
			// unroll v: TILE_VECTORS
			const s$v = v128.mul<T>(c$v, z$v);
			// unroll v: TILE_VECTORS
			v128.store(out, s$v, $v * 16);
		}
		// unroll v: TILE_VECTORS
		g$v = v128.add<T>(g$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(to, g$v, $v * 16);
		cotangents<T>(true, columns, length, S, scaled, own);
	}
}

/**
 * gradient (d panels) += derivative of sum_node t[node] x^node in x, from the last node to the root; t is overwritten. Each run
 * of the table sums up by itself, which bounds the roundings as RUN does elsewhere.
 */
function backward<T>(nodes: i32, runs: i32, runTable: usize, x: usize, feature: usize, t: usize, gradient: usize): void {
	const P = panelBytes();
	let end = t + <usize>nodes * P;
	for (let run = runTable + <usize>runs * RUN_BYTES; run > runTable; ) {
		run -= RUN_BYTES;
		const v = <usize>load<i32>(run) * P, p = <usize>load<i32>(run, 4) * P, z = x + v, to = gradient + v;
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		// unroll v: TILE_VECTORS
		let g$v = zero();
		const first = end - <usize>load<i32>(run, 8) * P;
		for (let child = first, f = feature + p, own = t + p; child < end; child += P, f += P, own += P) {
			// unroll v: TILE_VECTORS
			const c$v = v128.load(child, $v * 16);
			// unroll v: TILE_VECTORS
			g$v = multiplyAdd<T>(c$v, v128.load(f, $v * 16), g$v);
			// unroll v: TILE_VECTORS
			const a$v = multiplyAdd<T>(c$v, z$v, v128.load(own, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(own, a$v, $v * 16);
		}
		// unroll v: TILE_VECTORS
		g$v = v128.add<T>(g$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(to, g$v, $v * 16);
		end = first;
	}
}

/** gradient[b] += sum over nodes of weight[node] · feature[node] · t[raised[node][b]] for C <= 4 variables b. */
// @ts-ignore: decorator
@inline
function raiseColumns<T>(C: i32, nodes: i32, feature: usize, weight: usize, raised: usize, step: usize, t: usize, gradient: usize): void {
	// unroll c: 4, v: TILE_VECTORS
	let a$c$v = zero();
	for (const end = weight + <usize>nodes * sizeof<T>(); weight < end; weight += sizeof<T>(), feature += panelBytes(), raised += step) {
		const w = v128.load_splat<T>(weight);
		// unroll v: TILE_VECTORS
		const f$v = v128.mul<T>(w, v128.load(feature, $v * 16));
		// unroll c: 4, v: TILE_VECTORS
		if ($c < C) a$c$v = multiplyAdd<T>(f$v, v128.load(t + <usize>load<u32>(raised, $c * 4), $v * 16), a$c$v);
	}
	// unroll c: 4, v: TILE_VECTORS
	if ($c < C) a$c$v = v128.add<T>(a$c$v, v128.load(gradient, ($c * TILE_VECTORS + $v) * 16));
	// unroll c: 4, v: TILE_VECTORS
	if ($c < C) v128.store(gradient, a$c$v, ($c * TILE_VECTORS + $v) * 16);
}

/** gradient[b] = sum over alpha of w_alpha q^alpha t_(alpha + e_b), d panels; raised: byte offsets into t, nodes x d. */
function raise<T>(d: i32, nodes: i32, feature: usize, weight: usize, raised: usize, t: usize, gradient: usize): void {
	const step = <usize>d << 2;
	memory.fill(gradient, 0, <usize>d * panelBytes());
	for (let node = 0; node < nodes; node += RUN) {
		const f = feature + <usize>node * panelBytes(), w = weight + <usize>node * sizeof<T>(), run = min(RUN, nodes - node);
		let left = d, table = raised + <usize>node * step, to = gradient;
		for (; left >= 4; left -= 4, table += 16, to += 4 * panelBytes()) raiseColumns<T>(4, run, f, w, table, step, t, to);
		if (left == 3) raiseColumns<T>(3, run, f, w, table, step, t, to);
		else if (left == 2) raiseColumns<T>(2, run, f, w, table, step, t, to);
		else if (left == 1) raiseColumns<T>(1, run, f, w, table, step, t, to);
	}
}

/**
 * From unnormalised outputs N (d panels, then the normaliser D) and targets: the residual c = o - E in place of the
 * targets, and in place of N the cotangents c / D and -<c, o> / D.
 */
function residual<T>(d: i32, N: usize, target: usize): void {
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

/** Zero for rows beyond `count` in `columns` panels. */
function clearRows<T>(panel: usize, columns: i32, count: i32): void {
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
function addToSums<T>(d: i32, a1: usize, c: usize, gradient: usize, sums: usize): void {
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
const SUMMED_PANELS = 32;

/** How the query gradient is made. */
export const MOMENT = 0;
export const REVERSE = 1;

/**
 * A range of `rows` queries; returns the first row whose normaliser is not positive, or -1.
 * A1, E: the rows, targets being E - valueCentre; query q is A1 · queryMap - queryShift (doubles; none: d zeros); weighted: w_alpha S[alpha] (nodes x (d + 1));
 * MOMENT also takes moments (S, raisedNodes x (d + 1)), weight (w_alpha) and raised (nodes x d offsets of panels). `nodes`
 * counts real nodes; tables of moments have rows up to the next multiple of 4, zero.
 * Adds to totals, in doubles: [L, Σ|A1| (d), A1ᵀ Ĝ (d x d), |A1|ᵀ |c| (d x d)]; behind them it writes the bad normaliser
 * and lowers the least one.
 * Features are made of the nodes below `made`; MOMENT needs them of all.
 * scratch, in panels: made and the larger of made and raisedNodes, each up to a multiple of 4, 6 d + 2 + 2 d², and d + 1 for each
 * run of leaves and once more.
 */
// @ts-ignore: decorator
@inline
export function queryPass<T>(
	mode: i32, scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize,
	raisedNodes: i32, moments: usize, weight: usize, raised: usize, totals: usize,
): i32 {
	const P = panelBytes(), columns = <usize>d * P, stride = <usize>d * sizeof<T>(), leafTable = runTable + <usize>runs * RUN_BYTES;
	const room = <usize>((made + 3) & ~3) * P, adjointRoom = mode == MOMENT ? <usize>((raisedNodes + 3) & ~3) * P : room;
	const feature = scratch, t = feature + room, a1 = t + adjointRoom, q = a1 + columns, c = q + columns;
	const N = c + columns, gradient = N + columns + P, sums = gradient + columns;
	const scaled = sums + <usize>(1 + d + 2 * d * d) * P, leafSums = scaled + columns + P;
	const sumCount = 1 + d + 2 * d * d;
	memory.fill(sums, 0, <usize>sumCount * P);
	for (let from = 0, panels = 1; from < rows; from += panelRows<T>(), panels++) {
		const count = min(panelRows<T>(), rows - from);
		loadPanels<T>(A1 + <usize>from * stride, count, d, a1);
		loadPanels<T>(E + <usize>from * stride, count, d, c);
		centrePanels<T>(d, valueCentre, c);
		projectPanels<T>(a1, queryMap, none, queryShift, d, q, P);
		evaluate<T>(d + 1, q, feature, nodes, made, runs, runTable, weighted, N, leafSums);
		const bad = checkNormalisers<T>(N + columns, count, totals + (<usize>sumCount << 3));
		if (bad >= 0) return from + bad;
		residual<T>(d, N, c);
		if (count < panelRows<T>()) {
			clearRows<T>(N, d + 1, count);
			clearRows<T>(c, d, count);
		}
		if (mode == MOMENT) {
			cotangents<T>(false, d + 1, raisedNodes, moments, N, t);
			raise<T>(d, nodes, feature, weight, raised, t, gradient);
		} else {
			cotangents<T>(false, d + 1, made, weighted, N, t);
			leavesBackward<T>(d + 1, q, made, nodes, leafTable, weighted, N, leafSums, scaled, t, gradient);
			backward<T>(made, runs, runTable, q, feature, t, gradient);
		}
		addToSums<T>(d, a1, c, gradient, sums);
		if (panels % SUMMED_PANELS == 0 || from + panelRows<T>() >= rows) {
			for (let k = 0; k < sumCount; k++) {
				const at = totals + (<usize>k << 3);
				store<f64>(at, load<f64>(at) + panelSum<T>(sums + <usize>k * P));
			}
			memory.fill(sums, 0, <usize>sumCount * P);
		}
	}
	return -1;
}
