// Queries of a block of rows, and what keeps their exponentials in range.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { Job, paddedColumns } from "./job";
import { intoPanel } from "./pack";
import { addProduct } from "./products";
import { MAXIMUM, scores } from "./score-tile";

/**
 * Panels of inputs from `height` rows of A1, and of queries A1 X, which are zeros before. Gives whether all scores are small
 * enough for exponentials as they are; if not, `starts` is minus the largest score of each row. `sums` is zeros, before and after.
 */
// @ts-ignore: decorator
@inline
export function prepareQueries<T>(job: Job, A1: usize, height: i32, inputs: usize, queries: usize, starts: usize, sums: usize): bool {
	const W = tileColumns<T>(), d = job.d, D = paddedColumns(d), step = job.step;
	const panels = (height + W - 1) / W, panelBytes = <usize>D * step;
	let longest: f64 = 0;
	for (let p = 0; p < panels; p++) {
		const query = queries + p * panelBytes, input = inputs + p * panelBytes;
		intoPanel<T>(A1 + <usize>p * W * d * sizeof<T>(), height - p * W, d, input);
		addProduct<T>(job.X, d, 0, d, input, step, D, query);
		longest = max(longest, longestRow<T>(query, d));
	}
	const safe = longest * load<f64>(job.longestKey) <= safeScore<T>();
	if (!safe) shiftByMaximum<T>(job, panels, queries, starts, sums);
	return safe;
}

/** Scores certified to be within this of 0 need no row maximum: their exponentials and n of them summed are normal numbers. */
// @ts-ignore: decorator
@inline
function safeScore<T>(): f64 {
	return sizeof<T>() == 8 ? 200 : 16;
}

/** Least normal double: squares below it are lost from a length, and are counted as this. */
// @ts-ignore: decorator
@inline
const LEAST_NORMAL: f64 = 2.2250738585072014e-308;

/** An upper bound on the length of a row of a panel, but for rounding. */
// @ts-ignore: decorator
@inline
function longestRow<T>(panel: usize, d: i32): f64 {
	const W = tileColumns<T>();
	let longest: f64 = 0;
	for (let r = 0; r < W; r++) {
		let squares: f64 = 0;
		for (let l = 0; l < d; l++) {
			const x = <f64>load<T>(panel + <usize>(l * W + r) * sizeof<T>());
			squares += x * x;
		}
		longest = max(longest, squares);
	}
	return sqrt<f64>(longest + <f64>d * LEAST_NORMAL);
}

/** starts = minus the largest score of each row; `lines` is left as zeros. */
// @ts-ignore: decorator
@inline
function shiftByMaximum<T>(job: Job, panels: i32, queries: usize, starts: usize, lines: usize): void {
	const step = job.step, panelBytes = <usize>paddedColumns(job.d) * step, end = <usize>panels * step;
	const lowest = v128.splat<T>(-<T>Infinity);
	for (let at: usize = 0; at < end; at += 16) v128.store(lines + at, lowest);
	for (let p = 0; p < panels; p++)
		scores<T>(job.keysByRow, 0, job.n, job.n, job.d, queries + p * panelBytes, step, 0, starts + p * step, lines + p * step, 0, MAXIMUM);
	for (let at: usize = 0; at < end; at += 16) v128.store(starts + at, v128.neg<T>(v128.load(lines + at)));
	memory.fill(lines, 0, end);
}
