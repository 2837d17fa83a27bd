// The keys that a panel of queries sees. Those that every row of it sees are taken by the score tile as they are; those at
// the edges, that some rows see and some do not, are masked; others are not touched.

import { exponentialBelow, exponentialInRange } from "@attgrad/matrix-core/kernels/exponential";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { KEYS } from "../job";
import { MAXIMUM, SCORES, scores, SHIFTED_WEIGHTS, WEIGHTS } from "../score-tile";
import { BackwardJob } from "./job";

/** Keys of a panel, aligned to the groups of the packing by row: some row sees from..to-1, every row fullFrom..fullTo-1. */
@unmanaged
export class PanelKeys {
	from: i32;
	fullFrom: i32;
	fullTo: i32;
	to: i32;
}

/** Bytes of a `PanelKeys`. */
// @ts-ignore: decorator
@inline
export const PANEL_KEYS: usize = 16;

/** The first key of the group of key `l`; keys after the last whole group stand alone. */
// @ts-ignore: decorator
@inline
function groupStart(l: i32, whole: i32): i32 {
	return l < whole ? l / KEYS * KEYS : l;
}

/** The end of the group that ends at or after key `l`. */
// @ts-ignore: decorator
@inline
function groupEnd(l: i32, whole: i32): i32 {
	return l <= whole ? (l + KEYS - 1) / KEYS * KEYS : l;
}

/**
 * Finds the keys of `live` queries from `first` on, and writes for each row of the panel the first key that it sees and the one
 * after the last into `lows` and `highs`: as T in double precision, as whole numbers of 4 bytes in single.
 */
export function findPanelKeys<T>(job: BackwardJob, first: i32, live: i32, keys: PanelKeys, lows: usize, highs: usize): void {
	const W = tileColumns<T>(), n = job.keys, whole = n / KEYS * KEYS;
	let from = n, to = 0, fullFrom = 0, fullTo = n;
	for (let r = 0; r < W; r++) {
		let lo = 0, hi = n;
		if (r < live) {
			lo = load<i32>(job.lo + <usize>(first + r) * 4);
			hi = load<i32>(job.hi + <usize>(first + r) * 4);
			if (lo < hi) {
				from = min(from, lo);
				to = max(to, hi);
			}
			fullFrom = max(fullFrom, lo);
			fullTo = min(fullTo, hi);
		}
		if (sizeof<T>() == 8) {
			store<f64>(lows + <usize>r * 8, <f64>lo);
			store<f64>(highs + <usize>r * 8, <f64>hi);
		} else {
			store<i32>(lows + <usize>r * 4, lo);
			store<i32>(highs + <usize>r * 4, hi);
		}
	}
	if (from >= to) from = to = 0;
	keys.from = groupStart(from, whole);
	keys.to = groupEnd(to, whole);
	fullFrom = groupEnd(fullFrom, whole);
	fullTo = groupStart(fullTo, whole);
	if (fullFrom >= fullTo) fullFrom = fullTo = keys.to;
	keys.fullFrom = fullFrom;
	keys.fullTo = fullTo;
}

/** All ones in the lanes of the rows that see key `l`. */
// @ts-ignore: decorator
@inline
function sees<T>(l: i32, lows: usize, highs: usize): v128 {
	if (sizeof<T>() == 8) {
		const key = f64x2.splat(<f64>l);
		return v128.and(f64x2.le(v128.load(lows), key), f64x2.lt(key, v128.load(highs)));
	}
	const key = i32x4.splat(l);
	return v128.and(i32x4.le_s(v128.load(lows), key), i32x4.lt_s(key, v128.load(highs)));
}

/** `scores` in the mode MAXIMUM, WEIGHTS or SHIFTED_WEIGHTS where some rows do not see some keys: their weights are 0. Weights are written in every mode. */
function maskedScores<T>(
	job: BackwardJob, from: i32, to: i32, panel: usize, weights: usize, start: usize, lines: usize,
	lows: usize, highs: usize, table: usize, mode: i32,
): void {
	if (from >= to) return;
	const step = job.step;
	scores<T>(job.keysByRow, from, to, job.keys, job.d, panel, step, weights, start, lines, table, SCORES);
	for (let v: usize = 0; v < step; v += 16) {
		let line = v128.load(lines + v);
		const shift = v128.load(start + v);
		let at = weights + <usize>from * step + v;
		for (let l = from; l < to; l++, at += step) {
			const visible = sees<T>(l, lows + v, highs + v), s = v128.load(at);
			if (mode == MAXIMUM) {
				line = v128.max<T>(line, v128.bitselect(s, v128.splat<T>(-<T>Infinity), visible));
			} else {
				const e = mode == WEIGHTS ? exponentialInRange<T>(s, table) : exponentialBelow<T>(v128.add<T>(s, shift), table);
				const weight = v128.and(e, visible);
				line = v128.add<T>(line, weight);
				v128.store(at, weight);
			}
		}
		v128.store(lines + v, line);
	}
}

/** Scores of the keys from..to-1 that a panel sees, in the mode MAXIMUM, WEIGHTS or SHIFTED_WEIGHTS; `weights` is the panel of key 0. */
export function visibleScores<T>(
	job: BackwardJob, keys: PanelKeys, from: i32, to: i32, panel: usize, weights: usize, start: usize, lines: usize,
	lows: usize, highs: usize, table: usize, mode: i32,
): void {
	maskedScores<T>(job, max(from, keys.from), min(to, keys.fullFrom), panel, weights, start, lines, lows, highs, table, mode);
	const first = max(from, keys.fullFrom), last = min(to, keys.fullTo);
	if (first < last) {
		// one call for each mode: it is a constant of the tile
		if (mode == MAXIMUM) scores<T>(job.keysByRow, first, last, job.keys, job.d, panel, job.step, weights, start, lines, table, MAXIMUM);
		else if (mode == WEIGHTS) scores<T>(job.keysByRow, first, last, job.keys, job.d, panel, job.step, weights, start, lines, table, WEIGHTS);
		else scores<T>(job.keysByRow, first, last, job.keys, job.d, panel, job.step, weights, start, lines, table, SHIFTED_WEIGHTS);
	}
	maskedScores<T>(job, max(from, keys.fullTo), min(to, keys.to), panel, weights, start, lines, lows, highs, table, mode);
}
