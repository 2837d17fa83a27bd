// Rows of doubles as panels, and panels as rows.

import { panelBytes, panelRows, transposeRows } from "../panels/panel";
import { lanes } from "@attgrad/matrix-core/kernels/arithmetic";
import { logarithm } from "@attgrad/matrix-core/kernels/logarithm";

/** The d columns of `count` rows as panels `step` bytes apart; rows that are not there are 0. */
export function loadColumns(rows: usize, count: i32, d: i32, out: usize, step: usize): void {
	const stride = <usize>d << 3;
	if (count == panelRows<f64>()) {
		for (const last = out + panelBytes(); out < last; out += 16, rows += stride * <usize>lanes<f64>())
			transposeRows<f64>(rows, d, out, step);
		return;
	}
	for (let column = 0, to = out; column < d; column++, to += step, rows += 8) {
		let r: usize = 0;
		for (let from = rows; r < <usize>count << 3; r += 8, from += stride) store<f64>(to + r, load<f64>(from));
		for (; r < panelBytes(); r += 8) store<f64>(to + r, 0);
	}
}

/** `count` rows of d columns from panels that follow each other. */
export function storeRows(panels: usize, count: i32, d: i32, rows: usize): void {
	const P = panelBytes();
	for (let r = 0; r < count; r++, panels += 8)
		for (let at = panels, end = panels + <usize>d * P; at < end; at += P, rows += 8) store<f64>(rows, load<f64>(at));
}

/** panel *= factor. */
// @ts-ignore: decorator
@inline
export function scalePanel(factor: usize, panel: usize, out: usize): void {
	// unroll v: TILE_VECTORS
	const s$v = v128.mul<f64>(v128.load(factor, $v * 16), v128.load(panel, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(out, s$v, $v * 16);
}

/** The largest number of a panel, NaN where one is. */
export function largestOf(panel: usize): f64 {
	let most = load<f64>(panel);
	for (let r: usize = 8; r < panelBytes(); r += 8) most = max<f64>(most, load<f64>(panel + r));
	return most;
}

/** ln x of the first `count` numbers of a panel; -Infinity where they are 0. Gives how many are. */
export function storeLogarithms(panel: usize, count: i32, to: usize): i32 {
	let zeros = 0;
	for (const end = to + (<usize>count << 3); to < end; to += 8, panel += 8) {
		const x = load<f64>(panel);
		if (!(x > 0)) zeros++;
		store<f64>(to, x > 0 ? logarithm(x) : -Infinity);
	}
	return zeros;
}
