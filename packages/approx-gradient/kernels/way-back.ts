// The query gradient of the route `reverse`: from the cotangents of the features back through the feature tree (paper.md 5.4).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { cotangents } from "./cotangents";
import { RUN_BYTES } from "./features";
import { clearPanels, panelBytes } from "./panel";

/**
 * The way back from the leaves `made` .. `nodes` - 1, whose own t is not formed: gradient (d panels) = the derivative in the
 * variable of each run, <cotangent, sums>, and t[parent] += sum over c of S[leaf][c] · (x_v · cotangent[c]).
 * sums: as evaluateLeaves has left them; scaled: `columns` panels.
 */
export function leavesBackward<T>(
	columns: i32, x: usize, made: i32, nodes: i32, leafTable: usize, S: usize, cotangent: usize, sums: usize,
	scaled: usize, t: usize, gradient: usize,
): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	clearPanels(gradient, columns - 1);
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
export function backward<T>(nodes: i32, runs: i32, runTable: usize, x: usize, feature: usize, t: usize, gradient: usize): void {
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
