// The query gradient of the route `reverse`: from the cotangents of the features back to the variables (paper.md 5.4). The
// cotangents t of nodes lie behind those of the variables, as features do: what a factor gets goes to one or the other alike.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { cotangentTiles } from "./cotangents";
import { RUN_SIZE } from "./features";
import { panelBytes } from "../panels/panel";

/**
 * The way back from the products `made` .. `nodes` - 1, whose own t is not formed: t[factor] += <cotangent, sums>, and
 * t[parent] += sum over c of S[node][c] · (feature[factor] · cotangent[c]).
 * sums: as evaluateProducts has left them; scaled: `columns` panels.
 */
export function productsBackward<T>(
	columns: i32, feature: usize, made: i32, nodes: i32, productTable: usize, S: usize, cotangent: usize, sums: usize, scaled: usize, t: usize,
): void {
	if (columns == 5) return productsBackward5<T>(feature, made, nodes, productTable, S, cotangent, sums, t);
	if (columns == 4) return productsBackward4<T>(feature, made, nodes, productTable, S, cotangent, sums, t);
	if (columns == 3) return productsBackward3<T>(feature, made, nodes, productTable, S, cotangent, sums, t);
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	S += <usize>made * stride;
	for (let node = made, length = 0; node < nodes; node += length, S += <usize>length * stride, productTable += RUN_SIZE) {
		const factor = <usize>load<i32>(productTable) * P, z = feature + factor, to = t + factor;
		const own = t + <usize>load<i32>(productTable, 4) * P;
		length = load<i32>(productTable, 8);
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
		cotangentTiles<T>(columns, true, length, S, scaled, own);
	}
}

// each C: 3, 4, 5
/** The same for $C columns, whose cotangents stay in registers. */
// @ts-ignore: decorator
@inline
function productsBackward$C<T>(
	feature: usize, made: i32, nodes: i32, productTable: usize, S: usize, cotangent: usize, sums: usize, t: usize,
): void {
	const stride = $C * sizeof<T>(), P = panelBytes();
	S += <usize>made * stride;
	for (let left = nodes - made; left > 0; productTable += RUN_SIZE, sums += $C * P) {
		const factor = <usize>load<i32>(productTable) * P, z = feature + factor, to = t + factor, length = load<i32>(productTable, 8);
		left -= length;
		// unroll v: TILE_VECTORS
		let g$v = zero();
		// unroll c: $C, v: TILE_VECTORS
		let x$c$v = v128.load(cotangent, ($c * TILE_VECTORS + $v) * 16);
		// unroll c: $C, v: TILE_VECTORS
		g$v = multiplyAdd<T>(x$c$v, v128.load(sums, ($c * TILE_VECTORS + $v) * 16), g$v);
		// unroll v: TILE_VECTORS
		g$v = v128.add<T>(g$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(to, g$v, $v * 16);
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		// unroll c: $C, v: TILE_VECTORS
		x$c$v = v128.mul<T>(x$c$v, z$v);
		let own = t + <usize>load<i32>(productTable, 4) * P;
		for (const end = own + <usize>length * P; own < end; own += P, S += stride) {
			const first = v128.load_splat<T>(S);
			// unroll v: TILE_VECTORS
			let a$v = multiplyAdd<T>(first, x0$v, v128.load(own, $v * 16));
			// unroll c: $C, v: TILE_VECTORS
			if ($c > 0) a$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), x$c$v, a$v);
			// unroll v: TILE_VECTORS
			v128.store(own, a$v, $v * 16);
		}
	}
}

/**
 * t of the variables (the d panels before t) += derivative of sum_node t[node] x^node in x, from the last node to the root; t is
 * overwritten. Each run of the table sums up by itself, which bounds the roundings as RUN does elsewhere.
 */
export function backward<T>(nodes: i32, runs: i32, runTable: usize, feature: usize, t: usize): void {
	backwardTo<T>(1, nodes, runTable + <usize>runs * RUN_SIZE, feature, t);
}

/** The same for the nodes `start` .. `nodes` - 1, whose runs end at `run`; gives the run that the first of them begins. */
// @ts-ignore: decorator
@inline
export function backwardTo<T>(start: i32, nodes: i32, run: usize, feature: usize, t: usize): usize {
	const P = panelBytes(), least = t + <usize>start * P;
	let end = t + <usize>nodes * P;
	while (end > least) {
		run -= RUN_SIZE;
		const factor = <usize>load<i32>(run) * P, p = <usize>load<i32>(run, 4) * P, z = feature + factor, to = t + factor;
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
	return run;
}
