// Sums over draws of numbers in −1..1, the parts of their ranges.
//
// A slot has the number of drawn keys, 64 bytes; Σ X and Σ X² of the numbers of first order, d x d each, and of the squares, d each, in whole tiles.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { DrawnKeys, HybridPairs, keyBytes, PairRow, wide } from "./pair-rows";

/** Bytes of a slot. */
export function pairSlotBytes(d: i32): usize {
	return 64 + 2 * <usize>(d + 1) * wide(d);
}

/** Bytes of scratch: Σ x and Σ x² of a row, the numbers of two keys, and their values. */
export function sumScratch(d: i32, dv: i32): usize {
	return 4 * wide(d) + 2 * wide(dv);
}

// @ts-ignore: decorator
@inline
function clipped(x: v128): v128 {
	return v128.max<f64>(v128.splat<f64>(-1), v128.min<f64>(v128.splat<f64>(1), x));
}

/** h_l − õ of a drawn key. */
// @ts-ignore: decorator
@inline
function putValue(rows: HybridPairs, key: usize, row: PairRow, to: usize): void {
	const value = key + wide(rows.d), output = row.output, width = wide(rows.dv);
	for (let at: usize = 0; at < width; at += 32) {
		// Both are read before one is written: V8 joins them only then.
		// unroll v: 2
		const away$v = v128.sub<f64>(v128.load(value + at, $v * 16), v128.load(output + at, $v * 16));
		// unroll v: 2
		v128.store(to + at, away$v, $v * 16);
	}
}

/** y_l of a key: g (k − m̃) − Ĝ~ + (h − õ) C. */
function putTerms(rows: HybridPairs, j: usize, key: usize, g: f64, row: PairRow, value: usize, to: usize): void {
	const step = wide(rows.d), own = v128.splat<f64>(g), gradients = rows.gradients + j * (<usize>rows.d << 3), mean = row.keyMean;
	const covariances = row.covariances, height = <usize>rows.dv << 3, d = <usize>rows.d << 3;
	putValue(rows, key, row, value);
	for (let b: usize = 0; b < step; b += 64) {
		// unroll v: 4
		let y$v = v128.mul<f64>(own, v128.sub<f64>(v128.load(key + b, $v * 16), v128.load(mean + b, $v * 16)));
		let line = covariances + b;
		for (let i: usize = 0; i < height; i += 8, line += step) {
			const h = v128.load_splat<f64>(value + i);
			// unroll v: 4
			const line$v = v128.load(line, $v * 16);
			// unroll v: 4
			y$v = multiplyAdd<f64>(h, line$v, y$v);
		}
		// unroll v: 4
		v128.store(to + b, y$v, $v * 16);
	}
	for (let b: usize = 0; b < d; b += 8) store<f64>(to + b, load<f64>(to + b) - load<f64>(gradients + b));
}

/** Adds the pair of a drawn key, at a place of the lists, to the sums of its row. */
export function addPair(rows: HybridPairs, j: usize, at: usize, row: PairRow, drawn: DrawnKeys, sums: usize): void {
	const step = wide(rows.d), squares = sums + step, y = squares + step;
	const key = rows.keyRecords + <usize>load<i32>(drawn.keys + at) * keyBytes(rows.d, rows.dv), part = v128.load_splat<f64>(drawn.parts + at);
	putTerms(rows, j, key, load<f64>(drawn.cotangents + at), row, drawn.value, y);
	for (let b: usize = 0; b < step; b += 16) add(clipped(v128.mul<f64>(part, v128.load(y + b))), sums + b, squares + b);
}

/** Σ += x, Σ² += x². */
// @ts-ignore: decorator
@inline
function add(x: v128, sums: usize, squares: usize): void {
	v128.store(sums, v128.add<f64>(v128.load(sums), x));
	v128.store(squares, multiplyAdd<f64>(x, x, v128.load(squares)));
}

/** Adds a triple, of the drawn keys at a place of the lists and the next, to the sums of a slot: the square of the sum of a kind. */
export function addTriple(
	rows: HybridPairs, j: usize, kind: i32, at: usize, row: PairRow, drawn: DrawnKeys, sums: usize, slot: usize,
): void {
	const d = <usize>rows.d, step = wide(rows.d), second = slot + 64 + 2 * d * step, squares = second + step, terms = sums + 2 * step;
	putSquares(rows, j, kind, at, row, drawn, terms);
	const part = v128.splat<f64>(load<f64>(drawn.parts + at) * load<f64>(drawn.parts + at, 8));
	for (let b: usize = 0; b < step; b += 16) add(clipped(v128.mul<f64>(part, v128.load(terms + b))), second + b, squares + b);
}

/** Products of the numbers of a kind for two keys, for every b. */
function putSquares(rows: HybridPairs, j: usize, kind: i32, at: usize, row: PairRow, drawn: DrawnKeys, to: usize): void {
	const bytes = keyBytes(rows.d, rows.dv), step = wide(rows.d), beside = to + step, value = beside + step, other = value + wide(rows.dv);
	const one = rows.keyRecords + <usize>load<i32>(drawn.keys + at) * bytes, two = rows.keyRecords + <usize>load<i32>(drawn.keys + at, 8) * bytes;
	if (kind == 0) {
		putTerms(rows, j, one, load<f64>(drawn.cotangents + at), row, value, to);
		putTerms(rows, j, two, load<f64>(drawn.cotangents + at, 8), row, value, beside);
		for (let b: usize = 0; b < step; b += 16) v128.store(to + b, v128.mul<f64>(v128.load(to + b), v128.load(beside + b)));
		return;
	}
	if (kind == 3) {
		for (let b: usize = 0; b < step; b += 16) {
			const mean = v128.load(row.keyMean + b);
			v128.store(to + b, v128.mul<f64>(v128.sub<f64>(v128.load(one + b), mean), v128.sub<f64>(v128.load(two + b), mean)));
		}
		return;
	}
	if (kind >= 4) {
		putValue(rows, one, row, value);
		putValue(rows, two, row, other);
	}
	if (kind == 5) return putMoments(rows, one, two, row, value, other, to);
	let all: f64 = 1;
	if (kind == 2) all = load<f64>(drawn.cotangents + at) * load<f64>(drawn.cotangents + at, 8);
	if (kind == 4) {
		all = 0;
		for (let i: usize = 0; i < <usize>rows.dv << 3; i += 8) all += load<f64>(value + i) * load<f64>(other + i);
	}
	for (let b: usize = 0; b < step; b += 16) v128.store(to + b, v128.splat<f64>(all));
}

/** Σ_i ((h − õ)_i (k − m̃)_b − C_ib) times the same of another key. */
function putMoments(rows: HybridPairs, one: usize, two: usize, row: PairRow, value: usize, other: usize, to: usize): void {
	const step = wide(rows.d), mean = row.keyMean, covariances = row.covariances, height = <usize>rows.dv << 3;
	for (let b: usize = 0; b < step; b += 32) {
		// unroll v: 2
		const k$v = v128.sub<f64>(v128.load(one + b, $v * 16), v128.load(mean + b, $v * 16));
		// unroll v: 2
		const m$v = v128.sub<f64>(v128.load(two + b, $v * 16), v128.load(mean + b, $v * 16));
		// unroll v: 2
		let sum$v = zero();
		let line = covariances + b;
		for (let i: usize = 0; i < height; i += 8, line += step) {
			const h = v128.load_splat<f64>(value + i), g = v128.load_splat<f64>(other + i);
			// unroll v: 2
			const C$v = v128.load(line, $v * 16);
			// unroll v: 2
			const x$v = v128.sub<f64>(v128.mul<f64>(h, k$v), C$v);
			// unroll v: 2
			const y$v = v128.sub<f64>(v128.mul<f64>(g, m$v), C$v);
			// unroll v: 2
			sum$v = multiplyAdd<f64>(x$v, y$v, sum$v);
		}
		// unroll v: 2
		v128.store(to + b, sum$v, $v * 16);
	}
}

/** Adds the sums of a row's pairs times its inputs, as parts of the largest, to a slot, and clears them. */
export function endRow(rows: HybridPairs, j: usize, largest: f64, sums: usize, slot: usize): void {
	const d = <usize>rows.d, step = wide(rows.d), squares = sums + step, inputs = rows.inputs + j * (d << 3);
	let first = slot + 64, second = first + d * step;
	for (let a: usize = 0; a < d; a++, first += step, second += step) {
		const share = load<f64>(inputs + (a << 3)) / largest, one = v128.splat<f64>(share), two = v128.splat<f64>(share * share);
		for (let b: usize = 0; b < step; b += 16) {
			v128.store(first + b, multiplyAdd<f64>(one, v128.load(sums + b), v128.load(first + b)));
			v128.store(second + b, multiplyAdd<f64>(two, v128.load(squares + b), v128.load(second + b)));
		}
	}
	memory.fill(sums, 0, 2 * step);
}
