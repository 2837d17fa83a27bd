// The weights of keys, and values times these: columns of moments of a panel of keys.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { exponentialBelow } from "@attgrad/matrix-core/kernels/exponential";
import { panelBytes } from "../panels/panel";

/** weights (a panel of doubles) = exp(<tilt, key> - tilt[d]) for d panels of centred keys; 1 where tilt is 0. table: EXPONENTIAL_TABLE. */
export function keyWeights(d: i32, keys: usize, tilt: usize, weights: usize, table: usize): void {
	const P = panelBytes();
	if (tilt == 0) {
		for (let at = weights; at < weights + P; at += 16) v128.store(at, f64x2.splat(1));
		return;
	}
	// unroll v: TILE_VECTORS
	let exponent$v = f64x2.neg(v128.load_splat<f64>(tilt + (<usize>d << 3)));
	for (const end = keys + <usize>d * P; keys < end; keys += P, tilt += 8) {
		const factor = v128.load_splat<f64>(tilt);
		// unroll v: TILE_VECTORS
		exponent$v = multiplyAdd<f64>(factor, v128.load(keys, $v * 16), exponent$v);
	}
	// unroll v: TILE_VECTORS
	exponent$v = exponentialBelow<f64>(exponent$v, table);
	// unroll v: TILE_VECTORS
	v128.store(weights, exponent$v, $v * 16);
}

/** values (d panels, then that of weights) times the weights, and behind them weight · ‖value‖² and weight · key² of each coordinate. */
export function weighWithCoordinates<T>(d: i32, k: usize, row: usize, values: usize): void {
	const P = panelBytes(), weights = values + <usize>d * P;
	// unroll v: TILE_VECTORS
	const w$v = v128.load(weights, $v * 16);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let to = weights + 2 * P; values < weights; values += P, k += row, to += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(values, $v * 16);
		// unroll v: TILE_VECTORS
		const k$v = v128.load(k, $v * 16);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<T>(x$v, x$v, s$v);
		// unroll v: TILE_VECTORS
		v128.store(values, v128.mul<T>(x$v, w$v), $v * 16);
		// unroll v: TILE_VECTORS
		v128.store(to, v128.mul<T>(v128.mul<T>(k$v, k$v), w$v), $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(weights + P, v128.mul<T>(s$v, w$v), $v * 16);
}

/** values (d panels, then that of weights) times the weights, and behind them weight · ‖value‖² and weight · ‖key‖². */
export function weighWithSquares<T>(d: i32, k: usize, row: usize, values: usize): void {
	const P = panelBytes(), weights = values + <usize>d * P;
	// unroll v: TILE_VECTORS
	const w$v = v128.load(weights, $v * 16);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	// unroll v: TILE_VECTORS
	let t$v = zero();
	for (; values < weights; values += P, k += row) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(values, $v * 16);
		// unroll v: TILE_VECTORS
		const k$v = v128.load(k, $v * 16);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<T>(x$v, x$v, s$v);
		// unroll v: TILE_VECTORS
		t$v = multiplyAdd<T>(k$v, k$v, t$v);
		// unroll v: TILE_VECTORS
		v128.store(values, v128.mul<T>(x$v, w$v), $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(weights + P, v128.mul<T>(s$v, w$v), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(weights + 2 * P, v128.mul<T>(t$v, w$v), $v * 16);
}
