// Groups of eight rows in double precision, whatever the number type: a wide panel holds one quantity of a group, a block of d
// columns is d wide panels. What is sought over all rows is kept lane by lane and joined at the end.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { transposeRows } from "../panels/panel";

/** Rows of a group, and bytes of a wide panel. */
export const GROUP: i32 = GROUP_ROWS;
export const WIDE: usize = WIDE_BYTES;

/** out: d wide panels of `count` rows of T. */
export function loadGroup<T>(rows: usize, count: i32, d: i32, out: usize): void {
	const stride = <usize>d * sizeof<T>();
	if (sizeof<T>() == 8 && count == GROUP) {
		for (const last = out + WIDE; out < last; out += 16, rows += 2 * stride) transposeRows<f64>(rows, d, out, WIDE);
		return;
	}
	for (let r = 0; r < GROUP; r++, out += 8) {
		const row = rows + <usize>min(r, count - 1) * stride;
		for (let b = 0; b < d; b++) store<f64>(out + <usize>b * WIDE, <f64>load<T>(row + <usize>b * sizeof<T>()));
	}
}

/** low = min(low, panels) and high = max(high, panels), lane by lane, for d wide panels; norm = max(norm, Σ_b panels[b]²). */
export function spanAndNorm(d: i32, panels: usize, low: usize, high: usize, norm: usize): void {
	// unroll v: 4
	let square$v = zero();
	for (const end = panels + <usize>d * WIDE; panels < end; panels += WIDE, low += WIDE, high += WIDE) {
		// unroll v: 4
		const x$v = v128.load(panels, $v * 16);
		// unroll v: 4
		square$v = multiplyAdd<f64>(x$v, x$v, square$v);
		// unroll v: 4
		const least$v = f64x2.pmin(v128.load(low, $v * 16), x$v);
		// unroll v: 4
		v128.store(low, least$v, $v * 16);
		// unroll v: 4
		const most$v = f64x2.pmax(v128.load(high, $v * 16), x$v);
		// unroll v: 4
		v128.store(high, most$v, $v * 16);
	}
	// Unlike pmax, max hands NaN on.
	// unroll v: 4
	square$v = f64x2.max(v128.load(norm, $v * 16), square$v);
	// unroll v: 4
	v128.store(norm, square$v, $v * 16);
}

/** out[b] = Σ_a x[a] · M[a][b]. */
export function groupProducts(x: usize, M: usize, d: i32, out: usize): void {
	const stride = <usize>d << 3, end = x + <usize>d * WIDE;
	for (let b = 0; b < d; b++, M += 8, out += WIDE) {
		// unroll v: 4
		let sum$v = zero();
		for (let from = x, m = M; from < end; from += WIDE, m += stride) {
			const y = v128.load_splat<f64>(m);
			// unroll v: 4
			sum$v = multiplyAdd<f64>(y, v128.load(from, $v * 16), sum$v);
		}
		// unroll v: 4
		v128.store(out, sum$v, $v * 16);
	}
}

/** sums[b] = Σ_a x[a] · M[a][b] - centre[b], of which `keep` gets the absolute values; norm = max(norm, Σ_b sums[b]²). */
export function groupDistances(x: usize, M: usize, centre: usize, d: i32, keep: usize, norm: usize): void {
	const stride = <usize>d << 3, end = x + <usize>d * WIDE;
	// unroll v: 4
	let square$v = zero();
	for (let b = 0; b < d; b++, M += 8, centre += 8, keep += WIDE) {
		// unroll v: 4
		let sum$v = zero();
		for (let from = x, m = M; from < end; from += WIDE, m += stride) {
			const y = v128.load_splat<f64>(m);
			// unroll v: 4
			sum$v = multiplyAdd<f64>(y, v128.load(from, $v * 16), sum$v);
		}
		const shift = v128.load_splat<f64>(centre);
		// unroll v: 4
		sum$v = f64x2.abs(f64x2.sub(sum$v, shift));
		// unroll v: 4
		square$v = multiplyAdd<f64>(sum$v, sum$v, square$v);
		// unroll v: 4
		v128.store(keep, sum$v, $v * 16);
	}
	// unroll v: 4
	square$v = f64x2.max(v128.load(norm, $v * 16), square$v);
	// unroll v: 4
	v128.store(norm, square$v, $v * 16);
}

/** panels[b] = |panels[b] - centre[b]| for d wide panels. */
export function distances(d: i32, centre: usize, panels: usize): void {
	for (let b = 0; b < d; b++, centre += 8) {
		const shift = v128.load_splat<f64>(centre);
		// unroll v: 4
		const x$v = f64x2.abs(f64x2.sub(v128.load(panels, $v * 16), shift));
		// unroll v: 4
		v128.store(panels, x$v, $v * 16);
		panels += WIDE;
	}
}

/** All numbers of T from `panels` to `end` to x. */
export function fill<T>(panels: usize, end: usize, x: T): void {
	const all = v128.splat<T>(x);
	for (; panels < end; panels += 16) v128.store(panels, all);
}

/** high = max(high, |panels|), lane by lane. */
export function raiseSizes(panels: usize, end: usize, high: usize): void {
	for (; panels < end; panels += WIDE, high += WIDE) {
		// unroll v: 4
		const x$v = f64x2.pmax(v128.load(high, $v * 16), f64x2.abs(v128.load(panels, $v * 16)));
		// unroll v: 4
		v128.store(high, x$v, $v * 16);
	}
}

/** sums[b] += factor · panels[b] for d wide panels and one of factors. */
export function addTimes(d: i32, factor: usize, panels: usize, sums: usize): void {
	// unroll v: 4
	const f$v = v128.load(factor, $v * 16);
	for (const end = panels + <usize>d * WIDE; panels < end; panels += WIDE, sums += WIDE) {
		// unroll v: 4
		const s$v = multiplyAdd<f64>(f$v, v128.load(panels, $v * 16), v128.load(sums, $v * 16));
		// unroll v: 4
		v128.store(sums, s$v, $v * 16);
	}
}

/** size += |x| and products[i] += |x| · panels[i] for the wide panel x and d wide panels. */
export function addSizes(d: i32, x: usize, panels: usize, size: usize, products: usize): void {
	// unroll v: 4
	const x$v = f64x2.abs(v128.load(x, $v * 16));
	// unroll v: 4
	const s$v = f64x2.add(v128.load(size, $v * 16), x$v);
	// unroll v: 4
	v128.store(size, s$v, $v * 16);
	for (const end = panels + <usize>d * WIDE; panels < end; panels += WIDE, products += WIDE) {
		// unroll v: 4
		const p$v = multiplyAdd<f64>(x$v, v128.load(panels, $v * 16), v128.load(products, $v * 16));
		// unroll v: 4
		v128.store(products, p$v, $v * 16);
	}
}

/** sum += panel, wide panels. */
// @ts-ignore: decorator
@inline
export function addWide(panel: usize, sum: usize): void {
	// unroll v: 4
	const s$v = f64x2.add(v128.load(sum, $v * 16), v128.load(panel, $v * 16));
	// unroll v: 4
	v128.store(sum, s$v, $v * 16);
}

/** Zero in the lanes of rows that are not there. */
export function clearLanes(count: i32, panels: usize, end: usize): void {
	for (; panels < end; panels += WIDE) for (let r = count; r < GROUP; r++) store<f64>(panels + (<usize>r << 3), 0);
}

/** Joins lanes of wide panels into doubles: the least, the largest, the sum. */
export const LEAST = 0;
export const LARGEST = 1;
export const SUM = 2;

// @ts-ignore: decorator
@inline
export function join(how: i32, panels: usize, end: usize, out: usize): void {
	for (; panels < end; out += 8) {
		let x = load<f64>(out);
		for (const last = panels + WIDE; panels < last; panels += 8) x = joined(how, x, load<f64>(panels));
		store<f64>(out, x);
	}
}

/** The least or the largest of two doubles, or their sum. */
// @ts-ignore: decorator
@inline
export function joined(how: i32, x: f64, y: f64): f64 {
	return how == LEAST ? min<f64>(x, y) : how == LARGEST ? max<f64>(x, y) : x + y;
}
