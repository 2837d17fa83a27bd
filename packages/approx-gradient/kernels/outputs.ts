// Outputs of a panel of queries before they are normalised: N = Sᵀ features, made along the feature tree.
//
// Long sums over nodes go in runs of RUN nodes whose results are added up after: sums of K terms then err by
// about RUN + K / RUN roundings instead of K, which counts in single precision, and a run's moments stay in L1.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelFeatures, RUN_BYTES } from "./features";
import { clearPanels, panelBytes } from "./panel";

/** Nodes of a run. */
export const RUN = 48;

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
		clearPanels(sums, columns);
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
			clearPanels(N + 5 * P, columns - 5);
			addEvaluated<T>(columns - 5, feature, made, S + 5 * sizeof<T>(), stride, N + 5 * P);
		}
	} else {
		panelFeatures<T>(x, feature, runs, runTable);
		clearPanels(N, columns);
		addEvaluated<T>(columns, feature, made, S, stride, N);
	}
	evaluateLeaves<T>(columns, x, feature, made, nodes, runTable + <usize>runs * RUN_BYTES, S, N, sums);
}
