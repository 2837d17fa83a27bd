// Kernels on whole matrices: the product, and the exponential of every entry.

import { EXPONENTIAL_TABLE, exponential, prepareExponential } from "./exponential";
import { accumulate6, tileColumns } from "./tile";

/** Rows of A that are packed at a time, and depth: 48 x 256 doubles are 96 KiB and stay in L2, one panel of B in L1. */
const ROWS: i32 = 48;
const DEPTH: i32 = 256;

/** Columns `from`..from + tileColumns - 1 of op(B), depth x cols, into a panel [depth][tileColumns], padded with zeros. */
// @ts-ignore: decorator
@inline
function packPanel<T>(b: usize, rowStep: usize, columnStep: usize, depth: i32, from: i32, cols: i32, panel: usize): void {
	const live = min(tileColumns<T>(), cols - from);
	for (let k = 0; k < depth; k++)
		for (let v = 0; v < tileColumns<T>(); v++, panel += sizeof<T>())
			store<T>(panel, v < live ? load<T>(b + <usize>k * rowStep + <usize>(from + v) * columnStep) : <T>0);
}

/** `rows` rows of op(A), from depth k on, into groups [depth][6], padded with zeros. */
// @ts-ignore: decorator
@inline
function packGroups<T>(a: usize, rowStep: usize, columnStep: usize, rows: i32, from: i32, depth: i32, groups: usize): void {
	for (let i = 0; i < rows; i += 6)
		for (let k = from; k < from + depth; k++)
			for (let r = i; r < i + 6; r++, groups += sizeof<T>())
				store<T>(groups, r < rows ? load<T>(a + <usize>r * rowStep + <usize>k * columnStep) : <T>0);
}

/**
 * C (rows, padded to 6, x panels · tileColumns; cStep bytes a row) = op(A) op(B): A at `a` with its steps in bytes, B in
 * panels. Scratch: ROWS x DEPTH numbers.
 */
// @ts-ignore: decorator
@inline
function product<T>(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	const Z = <usize>sizeof<T>(), panelStep = <usize>tileColumns<T>() * Z;
	memory.fill(c, 0, (rows + 5) / 6 * 6 * cStep);
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

// @ts-ignore: decorator
@inline
function exponentials<T>(table: usize, x: usize, y: usize, count: i32): void {
	prepareExponential<T>(table);
	const whole = count & ~<i32>(64 / sizeof<T>() - 1), end = x + whole * sizeof<T>();
	for (; x < end; x += 64, y += 64) {
		// unroll v: 4
		const e$v = exponential<T>(v128.load(x, $v * 16), table);
		// unroll v: 4
		v128.store(y, e$v, $v * 16);
	}
	const last = table + EXPONENTIAL_TABLE, rest = (count - whole) * sizeof<T>();
	if (rest == 0) return;
	memory.copy(last, x, rest);
	// unroll v: 4
	const last$v = exponential<T>(v128.load(last, $v * 16), table);
	// unroll v: 4
	v128.store(last, last$v, $v * 16);
	memory.copy(y, last, rest);
}

// each BITS: 64, 32
/** Numbers of a row of the product's tile. */
export function tileColumns$BITS(_scratch: usize): i32 {
	return tileColumns<f$BITS>();
}

// each BITS: 64, 32
/** Columns `from`.. of op(B), depth x cols, into a panel: see `packPanel`. Steps are bytes. */
export function packPanel$BITS(
	_scratch: usize, b: usize, rowStep: usize, columnStep: usize, depth: i32, from: i32, cols: i32, panel: usize,
): void {
	packPanel<f$BITS>(b, rowStep, columnStep, depth, from, cols, panel);
}

// each BITS: 64, 32
/** C = op(A) op(B), B in `count` panels: see `product`. Steps are bytes. */
export function product$BITS(
	scratch: usize, a: usize, rowStep: usize, columnStep: usize, rows: i32, depth: i32, panels: usize, count: i32, c: usize, cStep: usize,
): void {
	product<f$BITS>(scratch, a, rowStep, columnStep, rows, depth, panels, count, c, cStep);
}

// each BITS: 64, 32
/** y = e^x for `count` numbers at any addresses; scratch: 512 bytes. */
export function exponentials$BITS(scratch: usize, x: usize, y: usize, count: i32): void {
	exponentials<f$BITS>(scratch, x, y, count);
}
