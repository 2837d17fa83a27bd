// Into the layouts of job.ts, and back.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { COLUMNS, KEYS, paddedColumns } from "./job";

/** Row j of a matrix of n rows, d numbers at `row`, into the packing by row. */
// @ts-ignore: decorator
@inline
export function packByRow<T>(row: usize, j: i32, n: i32, d: i32, packed: usize): void {
	const whole = n / KEYS * KEYS;
	const step = (j < whole ? KEYS : 1) * <usize>sizeof<T>();
	let to = packed + (j < whole ? <usize>(j / KEYS * KEYS) * d + j % KEYS : <usize>j * d) * sizeof<T>();
	for (let l = 0; l < d; l++, to += step) store<T>(to, load<T>(row + <usize>l * sizeof<T>()));
}

/** Row j of a matrix of n rows, d numbers at `row`, into the packing by column. */
// @ts-ignore: decorator
@inline
export function packByColumn<T>(row: usize, j: i32, n: i32, d: i32, packed: usize): void {
	for (let l = 0; l < paddedColumns(d); l++) {
		const to = packed + (<usize>(l / COLUMNS * COLUMNS) * n + <usize>j * COLUMNS + l % COLUMNS) * sizeof<T>();
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
