// Kernels on whole arrays of numbers.

import { EXPONENTIAL_TABLE, exponential, prepareExponential } from "./exponential";

// @ts-ignore: decorator
@inline
function exponentials<T>(table: usize, x: usize, y: usize, count: i32): void {
	prepareExponential<T>(table);
	const last = table + EXPONENTIAL_TABLE;
	const whole = count & ~<i32>(64 / sizeof<T>() - 1);
	for (const end = x + whole * sizeof<T>(); x < end; x += 64, y += 64) {
		// unroll v: 4
		v128.store(y, exponential<T>(v128.load(x, $v * 16), table), $v * 16);
	}
	const rest = (count - whole) * sizeof<T>();
	if (rest == 0) return;
	memory.copy(last, x, rest);
	// unroll v: 4
	v128.store(last, exponential<T>(v128.load(last, $v * 16), table), $v * 16);
	memory.copy(y, last, rest);
}

/** y = e^x for `count` numbers; scratch: 512 bytes. */
export function exponentials64(scratch: usize, x: usize, y: usize, count: i32): void {
	exponentials<f64>(scratch, x, y, count);
}

export function exponentials32(scratch: usize, x: usize, y: usize, count: i32): void {
	exponentials<f32>(scratch, x, y, count);
}
