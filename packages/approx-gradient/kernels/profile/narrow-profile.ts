// The passes of `profile.ts` for rows of four columns, d = 4: a row is one pair of vectors, whose lanes are columns, so that nothing is transposed
// and what is sought of all rows stays in registers. In double precision, whatever the number type; rows in single precision are widened, CHUNK at a time.
// Of scratch they take less than 3 KB, which the passes over groups of rows have for d = 4 too.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { LARGEST, LEAST, SUM, fill, joined } from "./wide-panels";

/** Rows that are widened, or whose weights are made, at a time; and bytes of a row of doubles. */
const CHUNK: i32 = WIDENED_ROWS;
const ROW: usize = 4 * sizeof<f64>();

/** Rows that a pass takes at once: all of them where they are doubles. */
// @ts-ignore: decorator
@inline
function rowsAtOnce<T>(rows: i32): i32 {
	return sizeof<T>() == 8 ? rows : CHUNK;
}

/** Address of `count` rows as doubles: their own, or `wide`, where they are put. */
function widened<T>(rows: usize, count: i32, wide: usize): usize {
	if (sizeof<T>() == 8) return rows;
	for (let to = wide, end = wide + <usize>count * ROW; to < end; to += 16, rows += 8)
		v128.store(to, f64x2.promote_low_f32x4(v128.load64_zero(rows)));
	return wide;
}

/** Sum of the lanes of x + y, in both lanes. */
// @ts-ignore: decorator
@inline
function rowSum(x: v128, y: v128): v128 {
	const sum = f64x2.add(x, y);
	return f64x2.add(sum, v128.shuffle<u64>(sum, sum, 1, 0));
}

/** out[i] joined with sums[i]. */
// @ts-ignore: decorator
@inline
function joinSums(how: i32, sums: usize, count: i32, out: usize): void {
	for (const end = sums + (<usize>count << 3); sums < end; sums += 8, out += 8)
		store<f64>(out, joined(how, load<f64>(out), load<f64>(sums)));
}

/** Sets the start values of `ranges`. */
function beginRanges(sums: usize): void {
	fill<f64>(sums, sums + ROW, Infinity);
	fill<f64>(sums + ROW, sums + 2 * ROW, -Infinity);
	fill<f64>(sums + 2 * ROW, sums + 5 * ROW, 0);
}

/**
 * Of the products r · M of `count` rows r, or of the rows themselves without `times`, joined with what is there: sums = rows of [least, largest, largest |r|,
 * largest ‖·‖² (2, alike), Σ ‖·‖² (2, alike)].
 */
// @ts-ignore: decorator
@inline
function ranges(times: bool, row: usize, count: i32, M: usize, sums: usize): void {
	// unroll a: 4, v: 2
	const m$a$v = times ? v128.load(M, ($a * 2 + $v) * 16) : zero();
	// unroll v: 2
	let low$v = v128.load(sums, $v * 16);
	// unroll v: 2
	let high$v = v128.load(sums, ($v + 2) * 16);
	// unroll v: 2
	let size$v = v128.load(sums, ($v + 4) * 16);
	let norm = v128.load(sums, 96), total = v128.load(sums, 128);
	for (const end = row + <usize>count * ROW; row < end; row += ROW) {
		// unroll v: 2
		const r$v = v128.load(row, $v * 16);
		// unroll v: 2
		let q$v = times ? f64x2.mul(v128.load_splat<f64>(row), m0$v) : r$v;
		// unroll a: 4, v: 2
		if (times && $a > 0) q$v = multiplyAdd<f64>(v128.load_splat<f64>(row, $a * 8), m$a$v, q$v);
		// unroll v: 2
		low$v = f64x2.pmin(low$v, q$v);
		// unroll v: 2
		high$v = f64x2.pmax(high$v, q$v);
		// unroll v: 2
		size$v = f64x2.pmax(size$v, f64x2.abs(r$v));
		// unroll v: 2
		const s$v = f64x2.mul(q$v, q$v);
		const square = rowSum(s0, s1);
		norm = f64x2.pmax(norm, square);
		total = f64x2.add(total, square);
	}
	// unroll v: 2
	v128.store(sums, low$v, $v * 16);
	// unroll v: 2
	v128.store(sums, high$v, ($v + 2) * 16);
	// unroll v: 2
	v128.store(sums, size$v, ($v + 4) * 16);
	v128.store(sums, norm, 96);
	v128.store(sums, total, 128);
}

/**
 * The largest ‖·‖² and Σ ‖·‖², each a row of sums of its own (V8 would take what lies side by side for a pair); the total has NaN, which pmax does not
 * hand on.
 */
// @ts-ignore: decorator
@inline
function joinNorm(sums: usize, out: usize): void {
	const total = load<f64>(sums, 32);
	store<f64>(out, max<f64>(load<f64>(out), total == total ? load<f64>(sums) : total));
}

/** `keyRanges` for d = 4. */
export function keyRanges4<T>(scratch: usize, rows: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	const k = scratch, h = k + 5 * ROW, wide = h + 5 * ROW, some = rowsAtOnce<T>(rows);
	beginRanges(k);
	beginRanges(h);
	for (let left = rows; left > 0; left -= some) {
		const count = min(left, some), step = <usize>(4 * count) * sizeof<T>();
		ranges(false, widened<T>(keys, count, wide), count, 0, k);
		ranges(true, widened<T>(inputs, count, wide), count, Y, h);
		keys += step;
		inputs += step;
	}
	joinSums(LEAST, k, 4, out);
	joinSums(LARGEST, k + ROW, 4, out + ROW);
	joinSums(LEAST, h, 4, out + 2 * ROW);
	joinSums(LARGEST, h + ROW, 8, out + 3 * ROW);
	joinNorm(k + 3 * ROW, out + 5 * ROW);
}

/** `queryRanges` for d = 4. */
export function queryRanges4<T>(scratch: usize, rows: i32, inputs: usize, X: usize, out: usize): void {
	const sums = scratch, wide = sums + 5 * ROW, some = rowsAtOnce<T>(rows);
	beginRanges(sums);
	for (let left = rows; left > 0; left -= some) {
		const count = min(left, some);
		ranges(true, widened<T>(inputs, count, wide), count, X, sums);
		inputs += <usize>(4 * count) * sizeof<T>();
	}
	joinSums(LEAST, sums, 4, out);
	joinSums(LARGEST, sums + ROW, 8, out + ROW);
	joinNorm(sums + 3 * ROW, out + 3 * ROW);
}

/** Adds `count` rows to sums = rows of [largest ‖q - centre‖² (2, alike), Σ ‖q - centre‖² (2, alike), Σ|A1|, Σ|A1_a| |E - middle| (4 x 4)]. */
function addQueries(row: usize, target: usize, count: i32, X: usize, centre: usize, middle: usize, sums: usize): void {
	// unroll a: 4, v: 2
	const m$a$v = v128.load(X, ($a * 2 + $v) * 16);
	// unroll v: 2
	const c$v = v128.load(centre, $v * 16);
	// unroll v: 2
	const e$v = v128.load(middle, $v * 16);
	let norm = v128.load(sums), total = v128.load(sums, 32);
	// unroll v: 2
	let size$v = v128.load(sums, (4 + $v) * 16);
	// unroll a: 4, v: 2
	let p$a$v = v128.load(sums, (6 + $a * 2 + $v) * 16);
	for (const end = row + <usize>count * ROW; row < end; row += ROW, target += ROW) {
		// unroll a: 4
		const s$a = v128.load_splat<f64>(row, $a * 8);
		// unroll v: 2
		let q$v = f64x2.mul(s0, m0$v);
		// unroll a: 4, v: 2
		if ($a > 0) q$v = multiplyAdd<f64>(s$a, m$a$v, q$v);
		// unroll v: 2
		q$v = f64x2.sub(q$v, c$v);
		// unroll v: 2
		q$v = f64x2.mul(q$v, q$v);
		const square = rowSum(q0, q1);
		norm = f64x2.pmax(norm, square);
		total = f64x2.add(total, square);
		// unroll v: 2
		size$v = f64x2.add(size$v, f64x2.abs(v128.load(row, $v * 16)));
		// unroll v: 2
		const t$v = f64x2.abs(f64x2.sub(v128.load(target, $v * 16), e$v));
		// unroll a: 4, v: 2
		p$a$v = multiplyAdd<f64>(f64x2.abs(s$a), t$v, p$a$v);
	}
	v128.store(sums, norm);
	v128.store(sums, total, 32);
	// unroll v: 2
	v128.store(sums, size$v, (4 + $v) * 16);
	// unroll a: 4, v: 2
	v128.store(sums, p$a$v, (6 + $a * 2 + $v) * 16);
}

/** `centredQueries` for d = 4. */
export function centredQueries4<T>(
	scratch: usize, rows: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	const sums = scratch, a = sums + 7 * ROW, e = a + <usize>CHUNK * ROW, some = rowsAtOnce<T>(rows);
	fill<f64>(sums, a, 0);
	for (let left = rows; left > 0; left -= some) {
		const count = min(left, some), step = <usize>(4 * count) * sizeof<T>();
		addQueries(widened<T>(inputs, count, a), widened<T>(targets, count, e), count, X, centre, middle, sums);
		inputs += step;
		targets += step;
	}
	joinNorm(sums, out);
	joinSums(SUM, sums + 2 * ROW, 20, out + 8);
}

/**
 * Adds the `count` <= CHUNK rows to sums = rows of [largest ‖k‖² (2, alike), Σ ‖k‖² (2, alike), Σ ω k, Σ ω |h - valueCentre|, Σ ω (2, alike)], k = row - middle,
 * ω = exp <tilt, k>. table: EXPONENTIAL_TABLE; weights: CHUNK doubles.
 */
function addKeys(
	row: usize, input: usize, count: i32, Y: usize, middle: usize, tilt: usize, valueCentre: usize, table: usize, weights: usize, sums: usize,
): void {
	const end = row + <usize>count * ROW;
	// unroll v: 2
	const mu$v = v128.load(middle, $v * 16);
	// unroll v: 2
	const nu$v = v128.load(tilt, $v * 16);
	let norm = v128.load(sums), squares = v128.load(sums, 32), weight = weights;
	for (let at = row; at < end; at += ROW, weight += 8) {
		// unroll v: 2
		const k$v = f64x2.sub(v128.load(at, $v * 16), mu$v);
		// unroll v: 2
		const s$v = f64x2.mul(k$v, k$v);
		const square = rowSum(s0, s1);
		norm = f64x2.pmax(norm, square);
		squares = f64x2.add(squares, square);
		// unroll v: 2
		const n$v = f64x2.mul(nu$v, k$v);
		store<f64>(weight, f64x2.extract_lane(rowSum(n0, n1), 0));
	}
	v128.store(sums, norm);
	v128.store(sums, squares, 32);
	for (; weight & 31; weight += 8) store<f64>(weight, 0);
	for (let at = weights; at < weight; at += 32) {
		// unroll v: 2
		const w$v = exponentialBelow<f64>(v128.load(at, $v * 16), table);
		// unroll v: 2
		v128.store(at, w$v, $v * 16);
	}
	// unroll a: 4, v: 2
	const m$a$v = v128.load(Y, ($a * 2 + $v) * 16);
	// unroll v: 2
	const eta$v = v128.load(valueCentre, $v * 16);
	// unroll v: 2
	let sum$v = v128.load(sums, (4 + $v) * 16);
	// unroll v: 2
	let value$v = v128.load(sums, (6 + $v) * 16);
	let total = v128.load(sums, 128);
	for (weight = weights; row < end; row += ROW, input += ROW, weight += 8) {
		const w = v128.load_splat<f64>(weight);
		total = f64x2.add(total, w);
		// unroll v: 2
		sum$v = multiplyAdd<f64>(w, f64x2.sub(v128.load(row, $v * 16), mu$v), sum$v);
		// unroll v: 2
		let h$v = f64x2.mul(v128.load_splat<f64>(input), m0$v);
		// unroll a: 4, v: 2
		if ($a > 0) h$v = multiplyAdd<f64>(v128.load_splat<f64>(input, $a * 8), m$a$v, h$v);
		// unroll v: 2
		value$v = multiplyAdd<f64>(w, f64x2.abs(f64x2.sub(h$v, eta$v)), value$v);
	}
	// unroll v: 2
	v128.store(sums, sum$v, (4 + $v) * 16);
	// unroll v: 2
	v128.store(sums, value$v, (6 + $v) * 16);
	v128.store(sums, total, 128);
}

/** `centredKeys` for d = 4. */
export function centredKeys4<T>(
	scratch: usize, rows: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	const weights = scratch + EXPONENTIAL_TABLE, sums = weights + <usize>CHUNK * 8, k = sums + 5 * ROW, a = k + <usize>CHUNK * ROW;
	prepareExponential<f64>(scratch);
	fill<f64>(sums, k, 0);
	for (let left = rows; left > 0; left -= CHUNK) {
		const count = min(left, CHUNK), step = <usize>(4 * count) * sizeof<T>();
		addKeys(widened<T>(keys, count, k), widened<T>(inputs, count, a), count, Y, middle, tilt, valueCentre, scratch, weights, sums);
		keys += step;
		inputs += step;
	}
	joinNorm(sums, out);
	joinSums(SUM, sums + 4 * ROW, 1, out + 8);
	joinSums(SUM, sums + 2 * ROW, 8, out + 16);
}
