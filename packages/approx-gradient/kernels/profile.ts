// Ranges, norms and sums over rows, from which centres, radius and certificates are computed: the loops of
// `src/profile-sums.ts` in double precision, for rows of either number type. Rows go through in groups of eight: a wide panel
// holds one quantity of a group as doubles, a block of d columns is d wide panels, and what is sought is kept lane by lane
// and joined at the end of the task. A group that is not full repeats its last row; where that would count twice, the
// factor of the repeated rows is zero.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { transposeRows } from "./panel";

/** Rows of a group, and bytes of a wide panel. */
const GROUP: i32 = 8;
const WIDE: usize = 64;

/** out: d wide panels of `count` rows of T. */
function loadGroup<T>(rows: usize, count: i32, d: i32, out: usize): void {
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
function spanAndNorm(d: i32, panels: usize, low: usize, high: usize, norm: usize): void {
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

/** out[b] = Σ_a x[a] · factor · M[a][b] and sizes[b] the sum of the absolute values of its terms. */
function groupProducts(x: usize, M: usize, factor: f64, d: i32, out: usize, sizes: usize): void {
	const stride = <usize>d << 3, end = x + <usize>d * WIDE;
	for (let b = 0; b < d; b++, M += 8, out += WIDE, sizes += WIDE) {
		// unroll v: 4
		let sum$v = zero();
		// unroll v: 4
		let size$v = zero();
		for (let from = x, m = M; from < end; from += WIDE, m += stride) {
			const scaled = factor * load<f64>(m), y = f64x2.splat(scaled), s = f64x2.splat(Math.abs(scaled));
			// unroll v: 4
			const x$v = v128.load(from, $v * 16);
			// unroll v: 4
			sum$v = multiplyAdd<f64>(y, x$v, sum$v);
			// unroll v: 4
			size$v = multiplyAdd<f64>(s, f64x2.abs(x$v), size$v);
		}
		// unroll v: 4
		v128.store(out, sum$v, $v * 16);
		// unroll v: 4
		v128.store(sizes, size$v, $v * 16);
	}
}

/** sums[b] = Σ_a x[a] · factor · M[a][b] - centre[b], of which `keep` gets the absolute values; norm = max(norm, Σ_b sums[b]²). */
function groupDistances(x: usize, M: usize, factor: f64, centre: usize, d: i32, keep: usize, norm: usize): void {
	const stride = <usize>d << 3, end = x + <usize>d * WIDE;
	// unroll v: 4
	let square$v = zero();
	for (let b = 0; b < d; b++, M += 8, centre += 8, keep += WIDE) {
		// unroll v: 4
		let sum$v = zero();
		for (let from = x, m = M; from < end; from += WIDE, m += stride) {
			const y = f64x2.splat(factor * load<f64>(m));
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
function distances(d: i32, centre: usize, panels: usize): void {
	for (let b = 0; b < d; b++, centre += 8) {
		const shift = v128.load_splat<f64>(centre);
		// unroll v: 4
		const x$v = f64x2.abs(f64x2.sub(v128.load(panels, $v * 16), shift));
		// unroll v: 4
		v128.store(panels, x$v, $v * 16);
		panels += WIDE;
	}
}

function fill(panels: usize, end: usize, x: f64): void {
	const all = f64x2.splat(x);
	for (; panels < end; panels += 16) v128.store(panels, all);
}

/** high = max(high, panels), lane by lane. */
function raise(panels: usize, end: usize, high: usize): void {
	for (; panels < end; panels += WIDE, high += WIDE) {
		// unroll v: 4
		const x$v = f64x2.pmax(v128.load(high, $v * 16), v128.load(panels, $v * 16));
		// unroll v: 4
		v128.store(high, x$v, $v * 16);
	}
}

/** largest = max(largest, Σ_b panels[b]²), lane by lane. */
function raiseNorm(d: i32, panels: usize, largest: usize): void {
	// unroll v: 4
	let square$v = zero();
	for (const end = panels + <usize>d * WIDE; panels < end; panels += WIDE) {
		// unroll v: 4
		const x$v = v128.load(panels, $v * 16);
		// unroll v: 4
		square$v = multiplyAdd<f64>(x$v, x$v, square$v);
	}
	// unroll v: 4
	square$v = f64x2.max(v128.load(largest, $v * 16), square$v);
	// unroll v: 4
	v128.store(largest, square$v, $v * 16);
}

/** sums[b] += factor · panels[b] for d wide panels and one of factors. */
function addTimes(d: i32, factor: usize, panels: usize, sums: usize): void {
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
function addSizes(d: i32, x: usize, panels: usize, size: usize, products: usize): void {
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
function addWide(panel: usize, sum: usize): void {
	// unroll v: 4
	const s$v = f64x2.add(v128.load(sum, $v * 16), v128.load(panel, $v * 16));
	// unroll v: 4
	v128.store(sum, s$v, $v * 16);
}

/** Zero in the lanes of rows that are not there. */
function clearLanes(count: i32, panels: usize, end: usize): void {
	for (; panels < end; panels += WIDE) for (let r = count; r < GROUP; r++) store<f64>(panels + (<usize>r << 3), 0);
}

/** Joins lanes of wide panels into doubles: the least, the largest, the sum. */
const LEAST = 0;
const LARGEST = 1;
const SUM = 2;

// @ts-ignore: decorator
@inline
function join(how: i32, panels: usize, end: usize, out: usize): void {
	for (; panels < end; out += 8) {
		let x = load<f64>(out);
		for (const last = panels + WIDE; panels < last; panels += 8) {
			const y = load<f64>(panels);
			x = how == LEAST ? min<f64>(x, y) : how == LARGEST ? max<f64>(x, y) : x + y;
		}
		store<f64>(out, x);
	}
}

/** out: [min A2 (d), max A2 (d), min h (d), max h (d), max Σ|A3||Y| (d), max ‖A2_l‖²]. scratch: 9 d + 2 wide panels. */
// @ts-ignore: decorator
@inline
export function keyRanges<T>(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const k = scratch, a = k + block, h = a + block, s = h + block, low = s + block, high = low + block;
	const lowValue = high + block, highValue = lowValue + block, size = highValue + block, norm = size + block, none = norm + WIDE;
	fill(low, high, Infinity);
	fill(high, lowValue, -Infinity);
	fill(lowValue, highValue, Infinity);
	fill(highValue, size, -Infinity);
	fill(size, none + WIDE, 0);
	for (let left = rows; left > 0; left -= GROUP, keys += stride, inputs += stride) {
		loadGroup<T>(keys, min(left, GROUP), d, k);
		loadGroup<T>(inputs, min(left, GROUP), d, a);
		spanAndNorm(d, k, low, high, norm);
		groupProducts(a, Y, 1, d, h, s);
		spanAndNorm(d, h, lowValue, highValue, none);
		raise(s, low, size);
	}
	const column = <usize>d << 3;
	join(LEAST, low, high, out);
	join(LARGEST, high, lowValue, out + column);
	join(LEAST, lowValue, highValue, out + 2 * column);
	join(LARGEST, highValue, none, out + 3 * column);
}

/** out: [min q (d), max q (d), max ‖q_j‖², max ‖Σ|A1||X| scale‖²]. scratch: 5 d + 2 wide panels. */
// @ts-ignore: decorator
@inline
export function queryRanges<T>(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, scale: f64, out: usize): void {
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE, column = <usize>d << 3;
	const a = scratch, q = a + block, s = q + block, low = s + block, high = low + block, norm = high + block, sizeNorm = norm + WIDE;
	fill(low, high, Infinity);
	fill(high, norm, -Infinity);
	fill(norm, sizeNorm + WIDE, 0);
	for (let left = rows; left > 0; left -= GROUP, inputs += stride) {
		loadGroup<T>(inputs, min(left, GROUP), d, a);
		groupProducts(a, X, scale, d, q, s);
		spanAndNorm(d, q, low, high, norm);
		raiseNorm(d, s, sizeNorm);
	}
	join(LEAST, low, high, out);
	join(LARGEST, high, sizeNorm + WIDE, out + column);
}

/** out: [max ‖q_j - centre‖², Σ|A1_ja| (d), Σ|A1_ja| |E_ji - middle_i| (d x d)]. scratch: 4 d + 1 + d² wide panels. */
// @ts-ignore: decorator
@inline
export function centredQueries<T>(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, scale: f64, centre: usize, middle: usize, out: usize,
): void {
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const a = scratch, q = a + block, e = q + block, norm = e + block, sizes = norm + WIDE, products = sizes + block;
	const end = products + <usize>d * block;
	fill(norm, end, 0);
	for (let left = rows; left > 0; left -= GROUP, inputs += stride, targets += stride) {
		const count = min(left, GROUP);
		loadGroup<T>(inputs, count, d, a);
		groupDistances(a, X, scale, centre, d, q, norm);
		loadGroup<T>(targets, count, d, e);
		distances(d, middle, e);
		if (count < GROUP) clearLanes(count, a, q);
		for (let at = a, size = sizes, product = products; at < q; at += WIDE, size += WIDE, product += block)
			addSizes(d, at, e, size, product);
	}
	join(LARGEST, norm, sizes, out);
	join(SUM, sizes, end, out + 8);
}

/**
 * out: [max ‖A2_l - middle‖², Σ ω, Σ ω (A2 - middle) (d), Σ ω |h - valueCentre| (d)] with the weights ω_l = exp(<tilt, A2_l - middle>).
 * scratch: EXPONENTIAL_TABLE and 5 d + 4 wide panels.
 */
// @ts-ignore: decorator
@inline
export function centredKeys<T>(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const k = scratch + EXPONENTIAL_TABLE, a = k + block, h = a + block, weight = h + block, none = weight + WIDE, norm = none + WIDE;
	const total = norm + WIDE, sums = total + WIDE, valueSums = sums + block, end = valueSums + block;
	prepareExponential<f64>(scratch);
	fill(none, end, 0);
	for (let left = rows; left > 0; left -= GROUP, keys += stride, inputs += stride) {
		const count = min(left, GROUP);
		loadGroup<T>(keys, count, d, k);
		// unroll v: 4
		let exponent$v = zero();
		// unroll v: 4
		let square$v = zero();
		for (let at = k, nu = tilt, mu = middle; at < a; at += WIDE, nu += 8, mu += 8) {
			const factor = v128.load_splat<f64>(nu), centre = v128.load_splat<f64>(mu);
			// unroll v: 4
			const moved$v = f64x2.sub(v128.load(at, $v * 16), centre);
			// unroll v: 4
			v128.store(at, moved$v, $v * 16);
			// unroll v: 4
			exponent$v = multiplyAdd<f64>(factor, moved$v, exponent$v);
			// unroll v: 4
			square$v = multiplyAdd<f64>(moved$v, moved$v, square$v);
		}
		// unroll v: 4
		square$v = f64x2.max(v128.load(norm, $v * 16), square$v);
		// unroll v: 4
		v128.store(norm, square$v, $v * 16);
		// unroll v: 4
		exponent$v = exponentialBelow<f64>(exponent$v, scratch);
		// unroll v: 4
		v128.store(weight, exponent$v, $v * 16);
		if (count < GROUP) clearLanes(count, weight, none);
		loadGroup<T>(inputs, count, d, a);
		groupDistances(a, Y, 1, valueCentre, d, h, none);
		addWide(weight, total);
		addTimes(d, weight, k, sums);
		addTimes(d, weight, h, valueSums);
	}
	join(LARGEST, norm, total, out);
	join(SUM, total, end, out + 8);
}
