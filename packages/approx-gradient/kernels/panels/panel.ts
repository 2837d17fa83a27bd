// Panels: a panel holds one quantity of several consecutive rows, TILE_VECTORS vectors wide, so that in the build
// `fma256` its vectors join to pairs. A row block of d columns is d panels, [column][row of the panel].

import { lanes, zero } from "@attgrad/matrix-core/kernels/arithmetic";

/** Bytes of a panel. */
// @ts-ignore: decorator
@inline
export function panelBytes(): usize {
	return TILE_VECTORS * 16;
}

/** Rows of a panel. */
// @ts-ignore: decorator
@inline
export function panelRows<T>(): i32 {
	return TILE_VECTORS * lanes<T>();
}

/** Zeros in `count` panels. */
// @ts-ignore: decorator
@inline
export function clearPanels(panels: usize, count: i32): void {
	const none = zero();
	for (const end = panels + <usize>count * panelBytes(); panels < end; panels += panelBytes()) {
		// unroll v: TILE_VECTORS
		v128.store(panels, none, $v * 16);
	}
}

/** Sum of the lanes of a vector, in double precision. */
// @ts-ignore: decorator
@inline
export function laneSum<T>(sum: v128): f64 {
	const pair = sizeof<T>() == 8
		? sum
		: f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(v128.shuffle<u64>(sum, sum, 1, 0)));
	return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Sum of the numbers of a panel: vectors in their own precision, the lanes of their sum in double precision. */
// @ts-ignore: decorator
@inline
function panelSum<T>(panel: usize): f64 {
	let sum = v128.load(panel);
	for (let part: usize = 16; part < panelBytes(); part += 16) sum = v128.add<T>(sum, v128.load(panel + part));
	return laneSum<T>(sum);
}

/** totals[k] += the sum of panel k of `count` panels, which are 0 after that. */
export function takeSums<T>(count: i32, panels: usize, totals: usize): void {
	const P = panelBytes();
	for (let k = 0, panel = panels; k < count; k++, panel += P, totals += 8) store<f64>(totals, load<f64>(totals) + panelSum<T>(panel));
	memory.fill(panels, 0, <usize>count * P);
}

/** Panels of `count` <= panelRows rows of a row-major matrix with d columns; rows that are not there are zero. */
export function loadPanels<T>(rows: usize, count: i32, d: i32, out: usize): void {
	const Z = <usize>sizeof<T>(), P = panelBytes(), stride = <usize>d * Z, last = out + P;
	if (count == panelRows<T>()) {
		for (; out < last; out += 16, rows += stride * <usize>lanes<T>()) transposeRows<T>(rows, d, out, P);
		return;
	}
	memory.fill(out, 0, <usize>d * P);
	for (let r = 0; r < count; r++, out += Z)
		for (let column = 0, to = out; column < d; column++, to += P, rows += Z) store<T>(to, load<T>(rows));
}

/** The d columns of as many rows as a vector has lanes, each column a vector, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transposeRows<T>(rows: usize, d: i32, out: usize, step: usize): void {
	const Z = <usize>sizeof<T>(), stride = <usize>d * Z;
	let column = 0;
	if (sizeof<T>() == 8)
		for (; column < d - 1; column += 2, rows += 16, out += 2 * step) {
			const a = v128.load(rows), b = v128.load(rows + stride);
			v128.store(out, v128.shuffle<u64>(a, b, 0, 2));
			v128.store(out + step, v128.shuffle<u64>(a, b, 1, 3));
		}
	else
		for (; column < d - 3; column += 4, rows += 16, out += 4 * step) {
			const a = v128.load(rows), b = v128.load(rows + stride);
			const c = v128.load(rows + 2 * stride), e = v128.load(rows + 3 * stride);
			const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5), ce = v128.shuffle<u32>(c, e, 0, 4, 1, 5);
			v128.store(out, v128.shuffle<u64>(ab, ce, 0, 2));
			v128.store(out + step, v128.shuffle<u64>(ab, ce, 1, 3));
			const high = v128.shuffle<u32>(a, b, 2, 6, 3, 7), rest = v128.shuffle<u32>(c, e, 2, 6, 3, 7);
			v128.store(out + 2 * step, v128.shuffle<u64>(high, rest, 0, 2));
			v128.store(out + 3 * step, v128.shuffle<u64>(high, rest, 1, 3));
		}
	for (; column < d; column++, rows += Z, out += step)
		for (let lane: usize = 0, from = rows; lane < 16; lane += Z, from += stride) store<T>(out + lane, load<T>(from));
}
