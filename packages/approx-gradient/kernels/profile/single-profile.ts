// The passes of `profile.ts` for rows of four columns of single precision, d = 4, in single precision: what `narrow-profile.ts` does by rows of doubles, by two
// rows a pair of vectors, whose lanes are columns. Sums over at most 2 CHUNK rows are single, and join doubles then; `src/polynomial/profile/profile.ts` counts the roundings.
// Rows that are left over go through `narrow-profile.ts`.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { centredKeys4, centredQueries4, keyRanges4, queryRanges4 } from "./narrow-profile";
import { LARGEST, LEAST, fill, joined } from "./wide-panels";

/** Pairs of rows whose sums are single. */
const CHUNK: i32 = SINGLE_PAIRS;

/** Bytes of a pair of rows. */
const PAIR: usize = 2 * sizeof<v128>();

/** Four doubles, rounded, as both rows of a pair. */
function putPair(numbers: usize, pair: usize): void {
	for (const end = pair + 16; pair < end; pair += 4, numbers += 8) {
		const x = <f32>load<f64>(numbers);
		store<f32>(pair, x);
		store<f32>(pair, x, 16);
	}
}

/** A matrix of 4 x 4 doubles as four pairs. */
function putMatrix(M: usize, pairs: usize): void {
	for (const end = pairs + 4 * PAIR; pairs < end; pairs += PAIR, M += 32) putPair(M, pairs);
}

/** The sum of the lanes of a row, in all of its lanes. */
// @ts-ignore: decorator
@inline
function rowSum(x: v128): v128 {
	const pairs = f32x4.add(x, v128.shuffle<u32>(x, x, 1, 0, 3, 2));
	return f32x4.add(pairs, v128.shuffle<u32>(pairs, pairs, 2, 3, 0, 1));
}

/** The sums of the lanes of four rows, one a lane. */
// @ts-ignore: decorator
@inline
function rowSums(a: v128, b: v128, c: v128, e: v128): v128 {
	const ab = f32x4.add(v128.shuffle<u32>(a, b, 0, 2, 4, 6), v128.shuffle<u32>(a, b, 1, 3, 5, 7));
	const ce = f32x4.add(v128.shuffle<u32>(c, e, 0, 2, 4, 6), v128.shuffle<u32>(c, e, 1, 3, 5, 7));
	return f32x4.add(v128.shuffle<u32>(ab, ce, 0, 2, 4, 6), v128.shuffle<u32>(ab, ce, 1, 3, 5, 7));
}

/**
 * Of the products r · M of `count` pairs of rows r, or of the rows themselves without `times`, joined with what is there: sums = pairs of [least, largest,
 * largest |r|, largest ‖·‖² (all lanes of a row alike)].
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
	// unroll v: 2
	let norm$v = v128.load(sums, ($v + 6) * 16);
	for (const end = row + <usize>count * PAIR; row < end; row += PAIR) {
		// unroll v: 2
		const r$v = v128.load(row, $v * 16);
		// unroll v: 2
		let q$v = times ? f32x4.mul(v128.shuffle<u32>(r$v, r$v, 0, 0, 0, 0), m0$v) : r$v;
		// unroll a: 4, v: 2
		if (times && $a > 0) q$v = multiplyAdd<f32>(v128.shuffle<u32>(r$v, r$v, $a, $a, $a, $a), m$a$v, q$v);
		// unroll v: 2
		low$v = f32x4.pmin(low$v, q$v);
		// unroll v: 2
		high$v = f32x4.pmax(high$v, q$v);
		// unroll v: 2
		size$v = f32x4.pmax(size$v, f32x4.abs(r$v));
		// unroll v: 2
		norm$v = f32x4.pmax(norm$v, rowSum(f32x4.mul(q$v, q$v)));
	}
	// unroll v: 2
	v128.store(sums, low$v, $v * 16);
	// unroll v: 2
	v128.store(sums, high$v, ($v + 2) * 16);
	// unroll v: 2
	v128.store(sums, size$v, ($v + 4) * 16);
	// unroll v: 2
	v128.store(sums, norm$v, ($v + 6) * 16);
}

/** Sets the start values of `ranges`. */
function beginRanges(sums: usize): void {
	fill<f32>(sums, sums + PAIR, Infinity);
	fill<f32>(sums + PAIR, sums + 2 * PAIR, -Infinity);
	fill<f32>(sums + 2 * PAIR, sums + 4 * PAIR, 0);
}

/** out[i] joined with lane i of both rows of a pair, for `count` lanes. */
// @ts-ignore: decorator
@inline
function joinPair(how: i32, pair: usize, count: i32, out: usize): void {
	for (const end = pair + (<usize>count << 2); pair < end; pair += 4, out += 8) {
		const x = joined(how, <f64>load<f32>(pair), <f64>load<f32>(pair, 16));
		store<f64>(out, joined(how, load<f64>(out), x));
	}
}

/** out[i] += lane i of the first row of each pair + that of the second; the `count` pairs are zero then. */
function addPairs(pairs: usize, count: i32, out: usize): void {
	const end = pairs + <usize>count * PAIR;
	for (let pair = pairs; pair < end; pair += PAIR)
		for (let two = pair; two < pair + 16; two += 8, out += 16) {
			const sum = f64x2.add(f64x2.promote_low_f32x4(v128.load64_zero(two)), f64x2.promote_low_f32x4(v128.load64_zero(two, 16)));
			v128.store(out, f64x2.add(v128.load(out), sum));
		}
	fill<f32>(pairs, end, 0);
}

/** `keyRanges` for d = 4 and single precision. */
export function keyRangesSingle(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	const M = scratch, k = M + 4 * PAIR, h = k + 4 * PAIR, pairs = rows >> 1, rest = rows & 1, done = <usize>pairs * PAIR;
	putMatrix(Y, M);
	beginRanges(k);
	beginRanges(h);
	ranges(false, keys, pairs, M, k);
	ranges(true, inputs, pairs, M, h);
	joinPair(LEAST, k, 4, out);
	joinPair(LARGEST, k + PAIR, 4, out + 32);
	joinPair(LEAST, h, 4, out + 64);
	joinPair(LARGEST, h + PAIR, 4, out + 96);
	joinPair(LARGEST, h + 2 * PAIR, 4, out + 128);
	joinPair(LARGEST, k + 3 * PAIR, 1, out + 160);
	if (rest) keyRanges4<f32>(scratch, rest, keys + done, inputs + done, Y, out);
}

/** `queryRanges` for d = 4 and single precision. */
export function queryRangesSingle(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, out: usize): void {
	const M = scratch, q = M + 4 * PAIR, pairs = rows >> 1, rest = rows & 1;
	putMatrix(X, M);
	beginRanges(q);
	ranges(true, inputs, pairs, M, q);
	joinPair(LEAST, q, 4, out);
	joinPair(LARGEST, q + PAIR, 4, out + 32);
	joinPair(LARGEST, q + 2 * PAIR, 4, out + 64);
	joinPair(LARGEST, q + 3 * PAIR, 1, out + 96);
	if (rest) queryRanges4<f32>(scratch, rest, inputs + <usize>pairs * PAIR, X, out);
}

/**
 * Adds `count` pairs to sums = pairs of [largest ‖q - centre‖² (all lanes of a row alike), Σ|A1|, Σ|A1_a| |E - middle| (4)].
 * M: pairs of X (4), centre, middle.
 */
function addQueries(row: usize, target: usize, count: i32, M: usize, sums: usize): void {
	// unroll v: 2
	let norm$v = v128.load(sums, $v * 16);
	// unroll v: 2
	let size$v = v128.load(sums, (2 + $v) * 16);
	// unroll a: 4, v: 2
	let p$a$v = v128.load(sums, (4 + $a * 2 + $v) * 16);
	for (const end = row + <usize>count * PAIR; row < end; row += PAIR, target += PAIR) {
		// unroll v: 2
		const r$v = v128.load(row, $v * 16);
		// unroll v: 2
		let q$v = f32x4.mul(v128.shuffle<u32>(r$v, r$v, 0, 0, 0, 0), v128.load(M, $v * 16));
		// unroll a: 4, v: 2
		if ($a > 0) q$v = multiplyAdd<f32>(v128.shuffle<u32>(r$v, r$v, $a, $a, $a, $a), v128.load(M, ($a * 2 + $v) * 16), q$v);
		// unroll v: 2
		q$v = f32x4.sub(q$v, v128.load(M, (8 + $v) * 16));
		// unroll v: 2
		norm$v = f32x4.pmax(norm$v, rowSum(f32x4.mul(q$v, q$v)));
		// unroll v: 2
		const s$v = f32x4.abs(r$v);
		// unroll v: 2
		size$v = f32x4.add(size$v, s$v);
		// unroll v: 2
		const t$v = f32x4.abs(f32x4.sub(v128.load(target, $v * 16), v128.load(M, (10 + $v) * 16)));
		// unroll a: 4, v: 2
		p$a$v = multiplyAdd<f32>(v128.shuffle<u32>(s$v, s$v, $a, $a, $a, $a), t$v, p$a$v);
	}
	// unroll v: 2
	v128.store(sums, norm$v, $v * 16);
	// unroll v: 2
	v128.store(sums, size$v, (2 + $v) * 16);
	// unroll a: 4, v: 2
	v128.store(sums, p$a$v, (4 + $a * 2 + $v) * 16);
}

/** `centredQueries` for d = 4 and single precision. */
export function centredQueriesSingle(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	const M = scratch, sums = M + 6 * PAIR, rest = rows & 1;
	putMatrix(X, M);
	putPair(centre, M + 4 * PAIR);
	putPair(middle, M + 5 * PAIR);
	fill<f32>(sums, sums + 6 * PAIR, 0);
	for (let left = rows >> 1; left > 0; left -= CHUNK) {
		const count = min(left, CHUNK), step = <usize>count * PAIR;
		addQueries(inputs, targets, count, M, sums);
		addPairs(sums + PAIR, 5, out + 8);
		inputs += step;
		targets += step;
	}
	joinPair(LARGEST, sums, 1, out);
	if (rest) centredQueries4<f32>(scratch, rest, inputs, targets, X, centre, middle, out);
}

/**
 * Adds 4 · `fours` pairs to sums = pairs of [largest ‖k‖² of a row each lane, Σ ω k, Σ ω |h - valueCentre|, Σ ω of some rows a lane], k = row - middle,
 * ω = exp <tilt, k>. M: pairs of Y (4), middle, tilt, valueCentre; table: EXPONENTIAL_TABLE.
 */
function addKeys(row: usize, input: usize, fours: i32, M: usize, table: usize, sums: usize): void {
	// unroll s: 4, v: 2
	let s$s$v = v128.load(sums, ($s * 2 + $v) * 16);
	for (const end = row + <usize>fours * 4 * PAIR; row < end; row += 4 * PAIR, input += 4 * PAIR) {
		// unroll p: 4, v: 2
		const k$p$v = f32x4.sub(v128.load(row, ($p * 2 + $v) * 16), v128.load(M, (8 + $v) * 16));
		// unroll p: 4, v: 2
		const q$p$v = f32x4.mul(k$p$v, k$p$v);
		// unroll v: 2
		s0$v = f32x4.pmax(s0$v, rowSums(q0$v, q1$v, q2$v, q3$v));
		// unroll p: 4, v: 2
		const x$p$v = f32x4.mul(k$p$v, v128.load(M, (10 + $v) * 16));
		// unroll v: 2
		const w$v = exponentialBelow<f32>(rowSums(x0$v, x1$v, x2$v, x3$v), table);
		// unroll v: 2
		s3$v = f32x4.add(s3$v, w$v);
		// unroll p: 4, v: 2
		const w$p$v = v128.shuffle<u32>(w$v, w$v, $p, $p, $p, $p);
		// unroll p: 4, v: 2
		s1$v = multiplyAdd<f32>(w$p$v, k$p$v, s1$v);
		// unroll p: 4, v: 2
		const a$p$v = v128.load(input, ($p * 2 + $v) * 16);
		// unroll p: 4, v: 2
		let h$p$v = f32x4.mul(v128.shuffle<u32>(a$p$v, a$p$v, 0, 0, 0, 0), v128.load(M, $v * 16));
		// unroll a: 4, p: 4, v: 2
		if ($a > 0) h$p$v = multiplyAdd<f32>(v128.shuffle<u32>(a$p$v, a$p$v, $a, $a, $a, $a), v128.load(M, ($a * 2 + $v) * 16), h$p$v);
		// unroll p: 4, v: 2
		s2$v = multiplyAdd<f32>(w$p$v, f32x4.abs(f32x4.sub(h$p$v, v128.load(M, (12 + $v) * 16))), s2$v);
	}
	// unroll s: 4, v: 2
	v128.store(sums, s$s$v, ($s * 2 + $v) * 16);
}

/** `centredKeys` for d = 4 and single precision. */
export function centredKeysSingle(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	const M = scratch + EXPONENTIAL_TABLE, sums = M + 7 * PAIR, totals = sums + 4 * PAIR, rest = rows & 7;
	prepareExponential<f32>(scratch);
	putMatrix(Y, M);
	putPair(middle, M + 4 * PAIR);
	putPair(tilt, M + 5 * PAIR);
	putPair(valueCentre, M + 6 * PAIR);
	fill<f32>(sums, sums + 4 * PAIR, 0);
	fill<f64>(totals, totals + 64, 0);
	for (let left = rows >> 3; left > 0; left -= CHUNK / 4) {
		const fours = min(left, CHUNK / 4), step = <usize>(4 * fours) * PAIR;
		addKeys(keys, inputs, fours, M, scratch, sums);
		addPairs(sums + PAIR, 2, out + 16);
		addPairs(sums + 3 * PAIR, 1, totals);
		keys += step;
		inputs += step;
	}
	joinPair(LARGEST, sums, 4, totals + 32);
	for (let at = totals; at < totals + 32; at += 8) {
		store<f64>(out, max<f64>(load<f64>(out), load<f64>(at, 32)));
		store<f64>(out, load<f64>(out, 8) + load<f64>(at), 8);
	}
	if (rest) centredKeys4<f32>(scratch, rest, keys, inputs, Y, middle, tilt, valueCentre, out);
}
