// Outputs of a panel of queries before they are normalised: N = Sᵀ features.
//
// Long sums over nodes go in runs of RUN nodes whose results are added up after: sums of K terms then err by
// about RUN + K / RUN roundings instead of K, which counts in single precision, and a run's moments stay in L1.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelFeatures, RUN_SIZE } from "./features";
import { clearPanels, panelBytes } from "../panels/panel";

/** Nodes of a run. */
export const RUN = RUN_NODES;

/** N[c] += sum over nodes of S[node][c] · feature[node] for C <= 5 columns c: 10 accumulators, of TILE_VECTORS / 2 pairs. */
// @ts-ignore: decorator
@inline
function evaluateColumns<T>(C: i32, feature: usize, nodes: i32, S: usize, stride: usize, N: usize): void {
	const end = feature + <usize>nodes * panelBytes();
	// unroll v: TILE_VECTORS
	const e$v = v128.load(feature, $v * 16);
	// The first term begins the sum: V8 then computes the addresses of the moments outside the loop.
	// unroll c: 5, v: TILE_VECTORS
	let a$c$v = $c < C ? v128.mul<T>(v128.load_splat<T>(S, $c * sizeof<T>()), e$v) : e$v;
	for (feature += panelBytes(), S += stride; feature < end; feature += panelBytes(), S += stride) {
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

/** N += sum over nodes of S[node] · feature[node] for one column: four sums, for one would wait for each of its additions. */
// @ts-ignore: decorator
@inline
function evaluateOne<T>(feature: usize, nodes: i32, S: usize, stride: usize, N: usize): void {
	const end = feature + <usize>(nodes & ~3) * panelBytes();
	// unroll n: 4, v: TILE_VECTORS
	let a$n$v = zero();
	for (; feature < end; feature += 4 * panelBytes(), S += 4 * stride) {
		// unroll n: 4, v: TILE_VECTORS
		a$n$v = multiplyAdd<T>(v128.load_splat<T>(S + $n * stride), v128.load(feature, ($n * TILE_VECTORS + $v) * 16), a$n$v);
	}
	for (let left = nodes & 3; left > 0; left--, feature += panelBytes(), S += stride) {
		// unroll v: TILE_VECTORS
		a0$v = multiplyAdd<T>(v128.load_splat<T>(S), v128.load(feature, $v * 16), a0$v);
	}
	// unroll v: TILE_VECTORS
	a0$v = v128.add<T>(v128.add<T>(a0$v, a1$v), v128.add<T>(a2$v, a3$v));
	// unroll v: TILE_VECTORS
	a0$v = v128.add<T>(a0$v, v128.load(N, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(N, a0$v, $v * 16);
}

/**
 * N (`columns` panels) += Sᵀ features over `nodes` nodes. Columns go in groups of at most five that are as equal as can be: a group of
 * two or three has too few sums to keep the multipliers busy.
 */
export function addEvaluated<T>(columns: i32, feature: usize, nodes: i32, S: usize, stride: usize, N: usize): void {
	const P = panelBytes();
	for (let node = 0; node < nodes; node += RUN) {
		const f = feature + <usize>node * P, run = min(RUN, nodes - node);
		let left = columns, s = S + <usize>node * stride, to = N;
		while (left > 0) {
			const groups = (left + 4) / 5, group = (left + groups - 1) / groups;
			if (group == 5) evaluateColumns<T>(5, f, run, s, stride, to);
			else if (group == 4) evaluateColumns<T>(4, f, run, s, stride, to);
			else if (group == 3) evaluateColumns<T>(3, f, run, s, stride, to);
			else if (group == 2) evaluateColumns<T>(2, f, run, s, stride, to);
			else evaluateOne<T>(f, run, s, stride, to);
			left -= group;
			s += <usize>group * sizeof<T>();
			to += <usize>group * P;
		}
	}
}

/**
 * N (`columns` panels) += what the products `made` .. `nodes` - 1 add: each run of them is its factor's feature times
 * sums = sum over its nodes of S[node] · feature[parent], which are kept in `sums`, `columns` panels a run.
 */
function evaluateProducts<T>(
	columns: i32, feature: usize, made: i32, nodes: i32, productTable: usize, S: usize, N: usize, sums: usize,
): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	S += <usize>made * stride;
	for (let node = made, length = 0; node < nodes; node += length, S += <usize>length * stride, productTable += RUN_SIZE) {
		const z = feature + <usize>load<i32>(productTable) * P, parent = feature + <usize>load<i32>(productTable, 4) * P;
		length = load<i32>(productTable, 8);
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

// each C: 3, 4, 5
/** The same for $C columns, whose sums stay in registers. */
// @ts-ignore: decorator
@inline
function evaluateProducts$C<T>(feature: usize, made: i32, nodes: i32, productTable: usize, S: usize, N: usize, sums: usize): void {
	const stride = $C * sizeof<T>(), P = panelBytes();
	S += <usize>made * stride;
	for (let left = nodes - made; left > 0; productTable += RUN_SIZE, sums += $C * P) {
		const z = feature + <usize>load<i32>(productTable) * P, length = load<i32>(productTable, 8);
		let f = feature + <usize>load<i32>(productTable, 4) * P;
		left -= length;
		for (let rest = length; rest > 0; rest -= RUN) {
			const end = f + <usize>min(rest, RUN) * P;
			// unroll v: TILE_VECTORS
			const e$v = v128.load(f, $v * 16);
			// unroll c: $C, v: TILE_VECTORS
			let a$c$v = v128.mul<T>(v128.load_splat<T>(S, $c * sizeof<T>()), e$v);
			for (f += P, S += stride; f < end; f += P, S += stride) {
				// unroll v: TILE_VECTORS
				const f$v = v128.load(f, $v * 16);
				// unroll c: $C, v: TILE_VECTORS
				a$c$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), f$v, a$c$v);
			}
			if (rest < length) {
				// unroll c: $C, v: TILE_VECTORS
				a$c$v = v128.add<T>(a$c$v, v128.load(sums, ($c * TILE_VECTORS + $v) * 16));
			}
			// unroll c: $C, v: TILE_VECTORS
			v128.store(sums, a$c$v, ($c * TILE_VECTORS + $v) * 16);
		}
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		for (let to = N, from = sums, end = N + $C * P; to < end; to += P, from += P) {
			// unroll v: TILE_VECTORS
			const n$v = multiplyAdd<T>(z$v, v128.load(from, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, n$v, $v * 16);
		}
	}
}

/**
 * The features of a panel (`made` panels; its variables are the d before), and N (`columns` panels) = Sᵀ features over all nodes;
 * sums: `columns` panels for each run of products.
 */
export function evaluate<T>(
	columns: i32, feature: usize, nodes: i32, made: i32, runs: i32, runTable: usize, S: usize, N: usize, sums: usize,
): void {
	const productTable = runTable + <usize>runs * RUN_SIZE;
	panelFeatures<T>(feature, runs, runTable);
	clearPanels(N, columns);
	addEvaluated<T>(columns, feature, made, S, columns * sizeof<T>(), N);
	if (columns == 5) evaluateProducts5<T>(feature, made, nodes, productTable, S, N, sums);
	else if (columns == 4) evaluateProducts4<T>(feature, made, nodes, productTable, S, N, sums);
	else if (columns == 3) evaluateProducts3<T>(feature, made, nodes, productTable, S, N, sums);
	else evaluateProducts<T>(columns, feature, made, nodes, productTable, S, N, sums);
}
