// The query gradient of the route `moment`: features times the cotangents of the monomials of one degree more (paper.md 5.3).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { RUN } from "./outputs";
import { clearPanels, panelBytes } from "../panels/panel";

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

/** gradient[b] += sum over nodes of weight · feature · t[raised[node][b]], d panels; raised: byte offsets into t, nodes x d. */
export function addRaised<T>(d: i32, nodes: i32, feature: usize, weight: usize, raised: usize, t: usize, gradient: usize): void {
	const step = <usize>d << 2;
	for (let node = 0; node < nodes; node += RUN) {
		const f = feature + <usize>node * panelBytes(), w = weight + <usize>node * sizeof<T>(), run = min(RUN, nodes - node);
		let left = d, table = raised + <usize>node * step, to = gradient;
		for (; left >= 4; left -= 4, table += 16, to += 4 * panelBytes()) raiseColumns<T>(4, run, f, w, table, step, t, to);
		if (left == 3) raiseColumns<T>(3, run, f, w, table, step, t, to);
		else if (left == 2) raiseColumns<T>(2, run, f, w, table, step, t, to);
		else if (left == 1) raiseColumns<T>(1, run, f, w, table, step, t, to);
	}
}

/** gradient[b] = sum over alpha of w_alpha q^alpha t_(alpha + e_b), d panels; raised: byte offsets into t, nodes x d. */
export function raise<T>(d: i32, nodes: i32, feature: usize, weight: usize, raised: usize, t: usize, gradient: usize): void {
	clearPanels(gradient, d);
	addRaised<T>(d, nodes, feature, weight, raised, t, gradient);
}
