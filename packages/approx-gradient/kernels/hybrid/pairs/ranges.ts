// Envelopes and ranges of rows that pairs are drawn of: `SampledRow` and `RowBounds` in TypeScript say what they are, and do the same.

import { ENVELOPES, HybridPairs, PairRow, placeRow, readRow, REST, rowBytes, TERMS } from "./pair-rows";

/** The least part of an envelope that is its constant. */
const FLOOR: f64 = 0.001953125;

/** Covers sizes that are 0. */
const TINY: f64 = 5.527147875260445e-76;

/** Rows with a θ of this or more are not sampled. */
const ROUNDED: f64 = 0.000244140625;

/** Numbers of a row that its envelopes are made of. */
@unmanaged
class Measures {
	record: usize;
	known: usize;
	/** Σ β g², Σ β κ² (as it is bounded) and Σ β ‖h − õ‖². */
	g: f64;
	k: f64;
	h: f64;
	/** ‖c̃‖², max_b |Ĝ~_b|. */
	cotangent: f64;
	gradient: f64;
	/** Ranges of the kinds, and what rounding adds. */
	range: usize;
	added: usize;
}

/** Bytes of scratch that ranges take. */
export function rangeScratchBytes(d: i32, dv: i32): usize {
	return 256 + rowBytes(d, dv);
}

/** Records of the rows from..to-1. */
export function makeRanges(scratch: usize, rows: HybridPairs, from: i32, to: i32): void {
	const measures = changetype<Measures>(scratch), row = placeRow(scratch + 256, rows.d, rows.dv);
	measures.known = rows.known;
	measures.range = scratch + 96;
	measures.added = scratch + 144;
	for (let j = from; j < to; j++) {
		const record = rows.records + <usize>j * (HYBRID_PAIR_RECORD << 3), reach = rows.reach + <usize>j * (HYBRID_PAIR_REACH << 3);
		memory.fill(record, 0, HYBRID_PAIR_RECORD << 3);
		const factor = load<f64>(reach, 40);
		if (factor == 0) continue;
		measures.record = record;
		readRow(rows, <usize>j, row);
		measure(rows, <usize>j, row, measures);
		makeEnvelopes(load<f64>(row.numbers), load<f64>(reach) / load<f64>(row.numbers, 8), measures);
		addRounding(rows, <usize>j, row, measures, reach);
		if (finish(rows.dv, measures, reach, factor)) continue;
		memory.fill(record + TERMS, 0, REST - TERMS);
		store<f64>(record, factor * load<f64>(reach, 48), REST);
	}
}

/** p and q of (x + y)² <= p x² + q, with p as is best for an x² of this mean. */
function split(to: usize, mean: f64, square: f64): void {
	if (square == 0) {
		store<f64>(to, 1);
		store<f64>(to, 0, 8);
		return;
	}
	const ratio = mean > 0 ? sqrt<f64>(square / mean) : 1;
	store<f64>(to, 1 + ratio);
	store<f64>(to, square * (1 + 1 / ratio), 8);
}

/** Distances of the row's means from those of the weights β, and splits. */
function measure(rows: HybridPairs, j: usize, row: PairRow, made: Measures): void {
	const d = <usize>rows.d << 3, dv = <usize>rows.dv << 3, known = rows.known, record = made.record;
	const ones = load<f64>(known), values = load<f64>(known, 8), keys = load<f64>(known, 16);
	const valueCentre = known + 56, keyCentre = valueCentre + dv, off = keyCentre + d, spread = off + 2 * dv;
	const c = rows.cotangents + j * (dv + 8);
	let cotangent: f64 = 0, shift: f64 = 0, valueShift: f64 = 0, cotangentOff: f64 = 0, valueOff: f64 = 0, spreadOf: f64 = 0;
	for (let i: usize = 0; i < dv; i += 8) {
		const own = load<f64>(c + i), away = load<f64>(valueCentre + i) - load<f64>(row.output + i), aside = load<f64>(off + i);
		cotangent += own * own;
		shift += own * away;
		valueShift += away * away;
		cotangentOff += own * aside;
		valueOff += away * aside;
		let sum: f64 = 0;
		const line = spread + (i >> 3) * dv;
		for (let k: usize = 0; k < dv; k += 8) sum += load<f64>(line + k) * load<f64>(c + k);
		spreadOf += own * sum;
	}
	let keyShift: f64 = 0, largest: f64 = 0;
	for (let b: usize = 0; b < d; b += 8) {
		keyShift = max<f64>(keyShift, abs<f64>(load<f64>(keyCentre + b) - load<f64>(row.keyMean + b)));
		largest = max<f64>(largest, abs<f64>(load<f64>(rows.gradients + j * d + b)));
	}
	split(record, keys / ones, keyShift * keyShift);
	split(record + 16, values / ones, valueShift);
	split(record + 32, (cotangent * values) / ones, shift * shift);
	made.g = max<f64>(0, spreadOf + shift * (2 * cotangentOff + shift * ones));
	made.k = load<f64>(record) * keys + load<f64>(record, 8) * ones;
	made.h = max<f64>(0, values + 2 * valueOff + valueShift * ones);
	made.cotangent = cotangent;
	made.gradient = largest;
	// The split of g² is by ‖c̃‖² ‖h − h̄‖².
	store<f64>(record, load<f64>(record, 32) * cotangent, 32);
}

/** Envelopes and their ranges: κ times their sums. */
function makeEnvelopes(C: f64, kappa: f64, made: Measures): void {
	const ones = load<f64>(made.known);
	const g = sqrt<f64>((made.g + made.cotangent * made.h * 9.5367431640625e-7) / ones) + TINY;
	const k = sqrt<f64>(made.k / ones) + TINY, h = sqrt<f64>(made.h / ones) + TINY;
	envelope(made, 0, kappa, made.gradient + (C * h) / 2, k / (2 * g), g / (2 * k), C / (2 * h));
	envelope(made, 1, kappa, 1, 0, 0, 0);
	envelope(made, 2, kappa, g / 2, 1 / (2 * g), 0, 0);
	envelope(made, 3, kappa, k / 2, 0, 1 / (2 * k), 0);
	envelope(made, 4, kappa, h / 2, 0, 0, 1 / (2 * h));
	envelope(made, 5, kappa, C, 0, h / (2 * k), k / (2 * h));
}

function envelope(made: Measures, kind: usize, kappa: f64, A: f64, B: f64, K: f64, E: f64): void {
	const to = made.record + ENVELOPES + (kind << 5), ones = load<f64>(made.known);
	store<f64>(to, A);
	store<f64>(to, B, 8);
	store<f64>(to, K, 16);
	store<f64>(to, E, 24);
	const constant = max<f64>(A, (FLOOR * proposed(made.record, kind, made.known)) / ones) + TINY;
	store<f64>(to, constant);
	store<f64>(made.range + (kind << 3), kappa * (constant * ones + B * made.g + K * made.k + E * made.h));
}

/** Weights of 1, ‖h_l − h̄‖² and κ_l² in a sum that is at least w_l for every key. */
// @ts-ignore: decorator
@inline
export function proposalOfOnes(record: usize, kind: usize): f64 {
	const at = record + ENVELOPES + (kind << 5);
	const sum = load<f64>(at) + load<f64>(at, 8) * load<f64>(record, 40) + load<f64>(at, 16) * load<f64>(record, 8) + load<f64>(at, 24) * load<f64>(record, 24);
	return sum * (1 + 1e-12);
}

// @ts-ignore: decorator
@inline
export function proposalOfValues(record: usize, kind: usize): f64 {
	const at = record + ENVELOPES + (kind << 5);
	return (load<f64>(at, 8) * load<f64>(record, 32) + load<f64>(at, 24) * load<f64>(record, 16)) * (1 + 1e-12);
}

// @ts-ignore: decorator
@inline
export function proposalOfKeys(record: usize, kind: usize): f64 {
	return load<f64>(record + ENVELOPES + (kind << 5), 16) * load<f64>(record) * (1 + 1e-12);
}

/** At least Σ w over keys with some weights. */
function proposed(record: usize, kind: usize, sums: usize): f64 {
	return proposalOfOnes(record, kind) * load<f64>(sums) + proposalOfValues(record, kind) * load<f64>(sums, 8) + proposalOfKeys(record, kind) * load<f64>(sums, 16);
}

/** Bounds on the rounding of the sums of each kind. */
function addRounding(rows: HybridPairs, j: usize, row: PairRow, made: Measures, reach: usize): void {
	const d = <usize>rows.d << 3, dv = <usize>rows.dv << 3, known = rows.known, halves = known + 56 + 2 * dv + d;
	let W = load<f64>(known, 48), size: f64 = 0, square: f64 = 0;
	for (let b: usize = 0; b < d; b += 8) W = max<f64>(W, abs<f64>(load<f64>(row.keyMean + b)));
	W *= 2;
	for (let i: usize = 0; i < dv; i += 8) {
		const half = load<f64>(halves + i) + abs<f64>(load<f64>(row.output + i));
		size += half * (abs<f64>(load<f64>(rows.cotangents + j * (dv + 8) + i)) + half);
		square += half * half;
	}
	const theta = load<f64>(reach, 32), ones = load<f64>(made.range, 8), factor = 64 * theta * ones * (1 + 2 * ones), H = sqrt<f64>(square);
	const added = made.added;
	store<f64>(added, size * W);
	store<f64>(added, 0, 8);
	store<f64>(added, size, 16);
	store<f64>(added, W, 24);
	store<f64>(added, H, 32);
	store<f64>(added, H * W, 40);
	for (let kind: usize = 0; kind < <usize>HYBRID_PAIR_KINDS; kind++) {
		const at = added + (kind << 3), own = proposed(made.record, kind, known + 24) / load<f64>(row.numbers, 8);
		store<f64>(at, own + factor * load<f64>(at) + 4 * theta * load<f64>(made.range + (kind << 3)));
	}
}

/** Ranges of the terms of a row, and what is added; false where it cannot be sampled. */
function finish(dv: i32, made: Measures, reach: usize, factor: f64): bool {
	const nu = load<f64>(reach, 8) / load<f64>(reach, 16), range = made.range, added = made.added, record = made.record;
	if (!(nu < 0.9 && load<f64>(reach, 32) < ROUNDED)) return false;
	const L = load<f64>(range), x = load<f64>(range, 8), g = load<f64>(range, 16), k = load<f64>(range, 24), h = load<f64>(range, 32), M = load<f64>(range, 40);
	const third = min<f64>(sqrt<f64>(<f64>dv) * load<f64>(reach, 24), (h + load<f64>(added, 32)) / (1 - nu));
	const growth = factor / (2 * (1 - nu) * (1 - nu));
	store<f64>(record + TERMS, x / L);
	store<f64>(record + TERMS, L / x, 8);
	store<f64>(record + TERMS, k / g, 16);
	store<f64>(record + TERMS, g / k + (third * h) / k, 24);
	store<f64>(record + TERMS, M / h + (third * k) / h, 32);
	store<f64>(record + TERMS, h / M, 40);
	let rest = factor * load<f64>(added), sum: f64 = 0;
	for (let at: usize = 0; at < <usize>HYBRID_PAIR_KINDS << 3; at += 8) {
		const weight = growth * load<f64>(record + TERMS + at), own = load<f64>(range + at), more = load<f64>(added + at);
		store<f64>(record + TERMS + at, weight * own * own);
		sum += weight * own * own;
		rest += weight * more * (2 * own + more);
	}
	store<f64>(record + TERMS + (<usize>HYBRID_PAIR_KINDS << 3), factor * L);
	store<f64>(record, rest, REST);
	// x − x is 0 for finite numbers only.
	return sum - sum == 0 && rest - rest == 0 && L > 0;
}
