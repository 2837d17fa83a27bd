// Cotangents t of the features of a panel of queries: t = S · (cotangents of the outputs).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";

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

/** That sum for any number of nodes and C <= 5 columns, whose cotangents stay in registers. */
// @ts-ignore: decorator
@inline
function fewCotangents<T>(C: i32, nodes: i32, S: usize, cotangent: usize, t: usize): void {
	// unroll c: 5, v: TILE_VECTORS
	const x$c$v = $c < C ? v128.load(cotangent, ($c * TILE_VECTORS + $v) * 16) : zero();
	for (const end = t + <usize>nodes * panelBytes(); t < end; t += panelBytes(), S += <usize>C * sizeof<T>()) {
		const first = v128.load_splat<T>(S);
		// unroll v: TILE_VECTORS
		let a$v = v128.mul<T>(first, x0$v);
		// unroll c: 5, v: TILE_VECTORS
		if ($c > 0 && $c < C) a$v = multiplyAdd<T>(v128.load_splat<T>(S, $c * sizeof<T>()), x$c$v, a$v);
		// unroll v: TILE_VECTORS
		v128.store(t, a$v, $v * 16);
	}
}

/** t[node] = sum over c of S[node][c] · cotangent[c]. */
// @ts-ignore: decorator
@inline
export function cotangents<T>(columns: i32, nodes: i32, S: usize, cotangent: usize, t: usize): void {
	if (columns == 5) return fewCotangents<T>(5, nodes, S, cotangent, t);
	if (columns == 4) return fewCotangents<T>(4, nodes, S, cotangent, t);
	if (columns == 3) return fewCotangents<T>(3, nodes, S, cotangent, t);
	if (columns == 2) return fewCotangents<T>(2, nodes, S, cotangent, t);
	cotangentTiles<T>(columns, false, nodes, S, cotangent, t);
}

/** t[node] = sum over c of S[node][c] · cotangent[c], or that sum added to t[node], four nodes at a time. */
// @ts-ignore: decorator
@inline
export function cotangentTiles<T>(columns: i32, add: bool, nodes: i32, S: usize, cotangent: usize, t: usize): void {
	const stride = <usize>columns * sizeof<T>(), P = panelBytes();
	for (; nodes >= 4; nodes -= 4, S += 4 * stride, t += 4 * P) cotangentTile<T>(4, add, S, stride, cotangent, t);
	for (; nodes > 0; nodes--, S += stride, t += P) cotangentTile<T>(1, add, S, stride, cotangent, t);
}
