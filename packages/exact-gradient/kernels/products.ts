// Products of small matrices with panels of rows, by the register tile.

import { accumulate4, tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { COLUMNS } from "./job";

/** C (`columns` columns of a panel) += panel (columns from..to-1 of it) times a matrix packed by column in one chunk, rows x columns. */
// @ts-ignore: decorator
@inline
export function addProduct<T>(matrix: usize, rows: i32, from: i32, to: i32, panel: usize, step: usize, columns: i32, c: usize): void {
	for (let l = 0; l < columns; l += COLUMNS)
		accumulate4<T>(
			matrix + (<usize>l * rows + <usize>from * COLUMNS) * sizeof<T>(), COLUMNS * sizeof<T>(),
			panel + <usize>from * step, step, to - from, c + <usize>l * step, step,
		);
}

/** `addProduct` of keys from..to-1 of the n of a packing by column, all of one chunk. */
// @ts-ignore: decorator
@inline
export function addKeys<T>(
	matrix: usize, n: i32, chunk: i32, from: i32, to: i32, weights: usize, step: usize, columns: i32, c: usize,
): void {
	const first = from / chunk * chunk, matrixOfChunk = matrix + <usize>first * columns * sizeof<T>();
	addProduct<T>(matrixOfChunk, min(chunk, n - first), from - first, to - first, weights + <usize>first * step, step, columns, c);
}

/** C (D x width) += sum over rows of a_row (outer) b_row. */
// @ts-ignore: decorator
@inline
export function addOuterProducts<T>(a: usize, aStep: usize, b: usize, bStep: usize, rows: i32, D: i32, width: i32, c: usize): void {
	for (let i = 0; i < D; i += COLUMNS)
		for (let l = 0; l < width; l += tileColumns<T>())
			accumulate4<T>(
				a + <usize>i * sizeof<T>(), aStep, b + <usize>l * sizeof<T>(), bStep, rows,
				c + <usize>i * bStep + <usize>l * sizeof<T>(), bStep,
			);
}

/** Every column of a panel divided by a line. */
// @ts-ignore: decorator
@inline
export function divideColumns<T>(panel: usize, line: usize, columns: i32, step: usize): void {
	for (let v: usize = 0; v < step; v += 16) {
		const inverse = v128.div<T>(v128.splat<T>(<T>1), v128.load(line + v));
		for (let l = 0; l < columns; l++) {
			const at = panel + <usize>l * step + v;
			v128.store(at, v128.mul<T>(v128.load(at), inverse));
		}
	}
}
