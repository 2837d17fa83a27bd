// The exponential of numbers that lie one after the other.

import { EXPONENTIAL_TABLE, exponential, prepareExponential } from "./exponential";

/** y = e^x for `count` numbers at any addresses, y at x or elsewhere; table: 512 bytes of scratch. */
// @ts-ignore: decorator
@inline
export function exponentials<T>(table: usize, x: usize, y: usize, count: i32): void {
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
