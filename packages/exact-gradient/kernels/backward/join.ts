// Sums over stripes, in double precision and always in the order of the table, whichever thread made which stripe.

import { paddedWidth } from "./job";

/** dK (keys x d) and dV (keys x dv) += the parts of `count` stripes, on the keys from..to-1. A row of the table: first key, key after the last, address. */
export function joinStripes<T>(table: usize, count: i32, from: i32, to: i32, d: i32, dv: i32, dK: usize, dV: usize): void {
	const Z = <usize>sizeof<T>(), width = paddedWidth<T>(d), partRow = <usize>(width + paddedWidth<T>(dv)) * Z;
	for (let s = 0; s < count; s++, table += 12) {
		const first = load<i32>(table), end = min(to, load<i32>(table, 4));
		for (let l = max(from, first); l < end; l++) {
			const part = load<usize>(table, 8) + <usize>(l - first) * partRow;
			addRow<T>(part, d, dK + <usize>l * d * 8);
			addRow<T>(part + <usize>width * Z, dv, dV + <usize>l * dv * 8);
		}
	}
}

// @ts-ignore: decorator
@inline
function addRow<T>(terms: usize, count: i32, sums: usize): void {
	let i = 0;
	for (; i + 2 <= count; i += 2) {
		const at = sums + <usize>i * 8;
		const two = sizeof<T>() == 8
			? v128.load(terms + <usize>i * 8)
			: f64x2.promote_low_f32x4(v128.load_zero<i64>(terms + <usize>i * 4));
		v128.store(at, f64x2.add(v128.load(at), two));
	}
	for (; i < count; i++) {
		const at = sums + <usize>i * 8;
		store<f64>(at, load<f64>(at) + <f64>load<T>(terms + <usize>i * sizeof<T>()));
	}
}
