// Into the layouts of job.ts, and back.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { COLUMNS, Job, KEYS, paddedColumns } from "./job";

/** Row j of a matrix of n rows, d numbers at `row`, into the packing by row. */
// @ts-ignore: decorator
@inline
export function packByRow<T>(row: usize, j: i32, n: i32, d: i32, packed: usize): void {
	const whole = n / KEYS * KEYS;
	const step = (j < whole ? KEYS : 1) * <usize>sizeof<T>();
	let to = packed + (j < whole ? <usize>(j / KEYS * KEYS) * d + j % KEYS : <usize>j * d) * sizeof<T>();
	for (let l = 0; l < d; l++, to += step) store<T>(to, load<T>(row + <usize>l * sizeof<T>()));
}

/** Row j of a matrix of n rows, d numbers at `row`, into the packing by column, `chunk` rows at a time. */
// @ts-ignore: decorator
@inline
export function packByColumn<T>(row: usize, j: i32, n: i32, d: i32, chunk: i32, packed: usize): void {
	const D = paddedColumns(d), from = j / chunk * chunk, rows = min(chunk, n - from);
	for (let l = 0; l < D; l++) {
		const at = from * D + l / COLUMNS * COLUMNS * rows + (j - from) * COLUMNS + l % COLUMNS;
		const to = packed + <usize>at * sizeof<T>();
		store<T>(to, l < d ? load<T>(row + <usize>l * sizeof<T>()) : <T>0);
	}
}

/** `live` rows of a row-major matrix of d columns into one panel; the other rows of the panel are zero. */
// @ts-ignore: decorator
@inline
export function intoPanel<T>(rows: usize, live: i32, d: i32, panel: usize): void {
	const W = tileColumns<T>();
	for (let r = 0; r < W; r++)
		for (let l = 0; l < d; l++)
			store<T>(
				panel + <usize>(l * W + r) * sizeof<T>(),
				r < live ? load<T>(rows + (<usize>r * d + l) * sizeof<T>()) : <T>0,
			);
}

/** A panel of `columns` columns into tileColumns rows, `width` numbers apart. */
// @ts-ignore: decorator
@inline
export function fromPanel<T>(panel: usize, columns: i32, rows: usize, width: i32): void {
	const W = tileColumns<T>();
	for (let r = 0; r < W; r++)
		for (let l = 0; l < columns; l++)
			store<T>(rows + <usize>(r * width + l) * sizeof<T>(), load<T>(panel + <usize>(l * W + r) * sizeof<T>()));
}

/** Rows from..to-1 of A2 less `centre`, and of A3, into all packings; gives the largest squared length of a key. */
// @ts-ignore: decorator
@inline
export function packRows<T>(job: Job, A2: usize, A3: usize, centre: usize, from: i32, to: i32): f64 {
	const n = job.n, d = job.d, stride = <usize>d * sizeof<T>();
	let longest: f64 = 0;
	for (let j = from; j < to; j++, A2 += stride, A3 += stride) {
		let squares: f64 = 0;
		for (let l = 0; l < d; l++) {
			const at = A2 + <usize>l * sizeof<T>();
			const x = load<T>(at) - load<T>(centre + <usize>l * sizeof<T>());
			store<T>(at, x);
			squares += <f64>x * <f64>x;
		}
		longest = max(longest, squares);
		packByRow<T>(A2, j, n, d, job.keysByRow);
		packByColumn<T>(A2, j, n, d, job.chunk, job.keysByColumn);
		packByRow<T>(A3, j, n, d, job.valuesByRow);
		packByColumn<T>(A3, j, n, d, job.chunk, job.valuesByColumn);
	}
	return longest;
}

/** A square matrix by column. */
// @ts-ignore: decorator
@inline
export function packSquare<T>(matrix: usize, d: i32, packed: usize): void {
	for (let j = 0; j < d; j++) packByColumn<T>(matrix + <usize>j * d * sizeof<T>(), j, d, d, d, packed);
}
