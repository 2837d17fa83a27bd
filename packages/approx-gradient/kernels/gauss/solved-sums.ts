// Sums over keys by the polynomials of a panel of rows, from power sums. A row is a lane, in double precision.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { SUM_ERROR } from "./row-polynomials";

/** error = Σ ω x (C w + ρ) at most, and value = Σ ω x P, from the power sums of a column x >= 0. */
export function columnSums(degree: i32, r: i32, constants: usize, solution: usize, sums: usize, error: usize, value: usize): void {
	const P = panelBytes(), w = solution + <usize>(degree + 1) * P, factor = w + <usize>(2 * r + 1) * P;
	// unroll v: TILE_VECTORS
	const x$v = v128.load(sums, $v * 16);
	// unroll v: TILE_VECTORS
	let e$v = v128.mul<f64>(v128.load(factor + 2 * P, $v * 16), x$v);
	// unroll v: TILE_VECTORS
	let p$v = zero();
	let k = 0;
	for (let from = sums; k <= degree; k++, from += P) {
		// unroll v: TILE_VECTORS
		const m$v = v128.load(from, $v * 16);
		// unroll v: TILE_VECTORS
		e$v = multiplyAdd<f64>(v128.load(w + <usize>k * P, $v * 16), m$v, e$v);
		// unroll v: TILE_VECTORS
		p$v = multiplyAdd<f64>(v128.load(solution + <usize>k * P, $v * 16), m$v, p$v);
	}
	for (; k <= 2 * r; k++) {
		// unroll v: TILE_VECTORS
		e$v = multiplyAdd<f64>(v128.load(w + <usize>k * P, $v * 16), v128.load(sums + <usize>k * P, $v * 16), e$v);
	}
	const none = zero(), more = v128.splat<f64>(1.0 + load<f64>(constants, SUM_ERROR));
	// unroll v: TILE_VECTORS
	const o$v = v128.mul<f64>(v128.mul<f64>(v128.load(factor + P, $v * 16), more), x$v);
	// unroll v: TILE_VECTORS
	const made4$v = multiplyAdd<f64>(v128.load(factor, $v * 16), v128.max<f64>(e$v, none), o$v);
	// unroll v: TILE_VECTORS
	v128.store(error, made4$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(value, p$v, $v * 16);
}

/** size = Σ |a_k| R^k, terms of k < from times the double at `share`; R: the panel at `reach`. */
export function termSizes(degree: i32, from: i32, share: usize, solution: usize, reach: usize, size: usize): void {
	const P = panelBytes(), part = v128.load_splat<f64>(share);
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let k = degree; k >= from; k--) {
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(s$v, R$v, v128.abs<f64>(v128.load(solution + <usize>k * P, $v * 16)));
	}
	for (let k = min(degree, from - 1); k >= 0; k--) {
		// unroll v: TILE_VECTORS
		const a$v = v128.mul<f64>(part, v128.abs<f64>(v128.load(solution + <usize>k * P, $v * 16)));
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(s$v, R$v, a$v);
	}
	// unroll v: TILE_VECTORS
	v128.store(size, s$v, $v * 16);
}
