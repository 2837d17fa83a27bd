// Ranges, norms and sums over rows, from which centres, radius and certificates are computed: the loops of
// `src/polynomial/profile/profile-sums.ts` on groups of rows (`wide-panels.ts`). A group that is not full repeats its last row; where that
// would count twice, the factor of the repeated rows is zero. Rows of four columns have passes of their own (`narrow-profile.ts`).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { centredKeys4, centredQueries4, keyRanges4, queryRanges4 } from "./narrow-profile";
import {
	GROUP, LARGEST, LEAST, SUM, WIDE, addSizes, addTimes, addWide, clearLanes, distances, fill, groupDistances,
	groupProducts, join, loadGroup, raiseSizes, spanAndNorm,
} from "./wide-panels";

/** out: [min A2 (d), max A2 (d), min h (d), max h (d), max |A3| (d), max ‖A2_l‖²]. scratch: 8 d + 2 wide panels. */
// @ts-ignore: decorator
@inline
export function keyRanges<T>(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	if (d == 4) return keyRanges4<T>(scratch, rows, keys, inputs, Y, out);
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const k = scratch, a = k + block, h = a + block, low = h + block, high = low + block;
	const lowValue = high + block, highValue = lowValue + block, size = highValue + block, norm = size + block, none = norm + WIDE;
	fill<f64>(low, high, Infinity);
	fill<f64>(high, lowValue, -Infinity);
	fill<f64>(lowValue, highValue, Infinity);
	fill<f64>(highValue, size, -Infinity);
	fill<f64>(size, none + WIDE, 0);
	for (let left = rows; left > 0; left -= GROUP, keys += stride, inputs += stride) {
		loadGroup<T>(keys, min(left, GROUP), d, k);
		loadGroup<T>(inputs, min(left, GROUP), d, a);
		spanAndNorm(d, k, low, high, norm);
		raiseSizes(a, h, size);
		groupProducts(a, Y, d, h);
		spanAndNorm(d, h, lowValue, highValue, none);
	}
	const column = <usize>d << 3;
	join(LEAST, low, high, out);
	join(LARGEST, high, lowValue, out + column);
	join(LEAST, lowValue, highValue, out + 2 * column);
	join(LARGEST, highValue, none, out + 3 * column);
}

/** out: [min q (d), max q (d), max |A1| (d), max ‖q_j‖²], q = A1 · X. scratch: 5 d + 1 wide panels. */
// @ts-ignore: decorator
@inline
export function queryRanges<T>(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, out: usize): void {
	if (d == 4) return queryRanges4<T>(scratch, rows, inputs, X, out);
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE, column = <usize>d << 3;
	const a = scratch, q = a + block, low = q + block, high = low + block, size = high + block, norm = size + block;
	fill<f64>(low, high, Infinity);
	fill<f64>(high, size, -Infinity);
	fill<f64>(size, norm + WIDE, 0);
	for (let left = rows; left > 0; left -= GROUP, inputs += stride) {
		loadGroup<T>(inputs, min(left, GROUP), d, a);
		raiseSizes(a, q, size);
		groupProducts(a, X, d, q);
		spanAndNorm(d, q, low, high, norm);
	}
	join(LEAST, low, high, out);
	join(LARGEST, high, norm + WIDE, out + column);
}

/** out: [max ‖q_j - centre‖², Σ|A1_ja| (d), Σ|A1_ja| |E_ji - middle_i| (d x d)]. scratch: 4 d + 1 + d² wide panels. */
// @ts-ignore: decorator
@inline
export function centredQueries<T>(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	if (d == 4) return centredQueries4<T>(scratch, rows, inputs, targets, X, centre, middle, out);
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const a = scratch, q = a + block, e = q + block, norm = e + block, sizes = norm + WIDE, products = sizes + block;
	const end = products + <usize>d * block;
	fill<f64>(norm, end, 0);
	for (let left = rows; left > 0; left -= GROUP, inputs += stride, targets += stride) {
		const count = min(left, GROUP);
		loadGroup<T>(inputs, count, d, a);
		groupDistances(a, X, centre, d, q, norm);
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
	if (d == 4) return centredKeys4<T>(scratch, rows, keys, inputs, Y, middle, tilt, valueCentre, out);
	const stride = <usize>(d * GROUP) * sizeof<T>(), block = <usize>d * WIDE;
	const k = scratch + EXPONENTIAL_TABLE, a = k + block, h = a + block, weight = h + block, none = weight + WIDE, norm = none + WIDE;
	const total = norm + WIDE, sums = total + WIDE, valueSums = sums + block, end = valueSums + block;
	prepareExponential<f64>(scratch);
	fill<f64>(none, end, 0);
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
		groupDistances(a, Y, valueCentre, d, h, none);
		addWide(weight, total);
		addTimes(d, weight, k, sums);
		addTimes(d, weight, h, valueSums);
	}
	join(LARGEST, norm, total, out);
	join(SUM, total, end, out + 8);
}
