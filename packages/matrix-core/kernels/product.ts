// Matrix products of any shape: the right factor in panels of as many columns as a tile has, the left one packed a block at a time.

import { accumulate6, tileColumns } from "./tile";

/** Rows of A that are packed at a time, and depth: 48 x 256 doubles are 96 KiB and stay in L2, one panel of B in L1. */
const ROWS: i32 = 48;
const DEPTH: i32 = 256;

/** Columns `from`..from + tileColumns - 1 of op(B), depth x cols, into a panel [depth][tileColumns], padded with zeros. */
// @ts-ignore: decorator
@inline
export function packPanel<T>(b: usize, rowStep: usize, columnStep: usize, depth: i32, from: i32, cols: i32, panel: usize): void {
	const live = min(tileColumns<T>(), cols - from), bytes = <usize>tileColumns<T>() * sizeof<T>();
	let row = b + <usize>from * columnStep;
	if (live == tileColumns<T>() && columnStep == sizeof<T>()) {
		for (let k = 0; k < depth; k++, row += rowStep, panel += bytes) {
			// unroll v: TILE_VECTORS
			const b$v = v128.load(row, $v * 16);
			// unroll v: TILE_VECTORS
			v128.store(panel, b$v, $v * 16);
		}
		return;
	}
	for (let k = 0; k < depth; k++, row += rowStep) {
		let at = row;
		for (const end = panel + <usize>live * sizeof<T>(); panel < end; panel += sizeof<T>(), at += columnStep) store<T>(panel, load<T>(at));
		for (let v = live; v < tileColumns<T>(); v++, panel += sizeof<T>()) store<T>(panel, <T>0);
	}
}

/** `rows` rows of op(A), from depth k on, into groups [depth][6], padded with zeros. */
// @ts-ignore: decorator
@inline
function packGroups<T>(a: usize, rowStep: usize, columnStep: usize, rows: i32, from: i32, depth: i32, groups: usize): void {
	const Z = <usize>sizeof<T>();
	let i = 0;
	for (; i + 6 <= rows; i += 6) {
		let at = a + <usize>i * rowStep + <usize>from * columnStep;
		const end = at + <usize>depth * columnStep;
		const at1 = rowStep, at2 = 2 * rowStep, at3 = 3 * rowStep, at4 = 4 * rowStep, at5 = 5 * rowStep;
		for (; at < end; at += columnStep, groups += 6 * Z) {
			const x0 = load<T>(at), x1 = load<T>(at + at1), x2 = load<T>(at + at2), x3 = load<T>(at + at3), x4 = load<T>(at + at4), x5 = load<T>(at + at5);
			// unroll r: 6
			store<T>(groups, x$r, $r * sizeof<T>());
		}
	}
	if (i < rows)
		for (let k = from; k < from + depth; k++)
			for (let r = i; r < i + 6; r++, groups += Z)
				store<T>(groups, r < rows ? load<T>(a + <usize>r * rowStep + <usize>k * columnStep) : <T>0);
}

/** Numbers of scratch that a product takes. */
export const PRODUCT_SCRATCH: i32 = ROWS * DEPTH;

/** Panels of op(B), depth x cols, one after the other: see `packPanel`. */
// @ts-ignore: decorator
@inline
export function packPanels<T>(b: usize, rowStep: usize, columnStep: usize, depth: i32, cols: i32, panels: usize): void {
	for (let from = 0; from < cols; from += tileColumns<T>(), panels += <usize>(depth * tileColumns<T>()) * sizeof<T>())
		packPanel<T>(b, rowStep, columnStep, depth, from, cols, panels);
}

/**
 * C (rows, padded to 6, x panels · tileColumns; cStep bytes a row) += op(A) op(B): A at `a` with its steps in bytes, B in
 * panels. To the rows that pad C nothing is added, but they are written. Scratch: PRODUCT_SCRATCH numbers.
 */
// @ts-ignore: decorator
@inline
export function addProduct<T>(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	const Z = <usize>sizeof<T>(), panelStep = <usize>tileColumns<T>() * Z;
	for (let k = 0; k < depth; k += DEPTH) {
		const deep = min(DEPTH, depth - k);
		for (let i = 0; i < rows; i += ROWS) {
			const high = min(ROWS, rows - i);
			packGroups<T>(a + <usize>i * rowStep, rowStep, columnStep, high, k, deep, scratch);
			for (let p = 0; p < count; p++)
				for (let r = 0; r < high; r += 6)
					accumulate6<T>(
						scratch + <usize>(r * deep) * Z, 6 * Z, panels + (<usize>p * depth + k) * panelStep, panelStep, deep,
						c + <usize>(i + r) * cStep + <usize>p * panelStep, cStep,
					);
		}
	}
}

/** C = op(A) op(B), where `addProduct` adds. */
// @ts-ignore: decorator
@inline
export function product<T>(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	memory.fill(c, 0, (rows + 5) / 6 * 6 * cStep);
	addProduct<T>(scratch, a, rowStep, columnStep, rows, depth, panels, count, c, cStep);
}

/**
 * C = L B for a lower triangular L, rows x rows, `product` with half of its flops: of row i the entries up to the last of its group of 6 are
 * read, of which those above the diagonal are 0.
 */
// @ts-ignore: decorator
@inline
export function lowerProduct<T>(scratch: usize, a: usize, rowStep: usize, rows: i32, panels: usize, count: i32, c: usize, cStep: usize): void {
	const Z = <usize>sizeof<T>(), panelStep = <usize>tileColumns<T>() * Z;
	memory.fill(c, 0, (rows + 5) / 6 * 6 * cStep);
	for (let k = 0; k < rows; k += DEPTH)
		for (let i = k / ROWS * ROWS; i < rows; i += ROWS) {
			const high = min(ROWS, rows - i), deep = min(min(DEPTH, rows - k), i + high - k);
			if (deep <= 0) continue;
			packGroups<T>(a + <usize>i * rowStep, rowStep, Z, high, k, deep, scratch);
			for (let p = 0; p < count; p++)
				for (let r = 0; r < high; r += 6) {
					const own = min(deep, i + r + 6 - k);
					if (own > 0)
						accumulate6<T>(
							scratch + <usize>(r * deep) * Z, 6 * Z, panels + (<usize>p * rows + k) * panelStep, panelStep, own,
							c + <usize>(i + r) * cStep + <usize>p * panelStep, cStep,
						);
				}
		}
}
