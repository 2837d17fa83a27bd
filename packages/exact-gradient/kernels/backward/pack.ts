import { packByColumn, packByRow } from "../pack";
import { BackwardJob } from "./job";

/** Rows from..to-1 of K and V less their centres into all packings; gives the largest squared length of a centred key. */
export function packHead<T>(job: BackwardJob, K: usize, V: usize, from: i32, to: i32): f64 {
	const Z = <usize>sizeof<T>(), n = job.keys, d = job.d, dv = job.dv;
	let longest: f64 = 0;
	for (let l = from; l < to; l++, K += <usize>d * Z, V += <usize>dv * Z) {
		let squares: f64 = 0;
		for (let b: usize = 0; b < <usize>d; b++) {
			const x = load<T>(K + b * Z) - load<T>(job.keyCentre + b * Z);
			store<T>(K + b * Z, x);
			squares += <f64>x * <f64>x;
		}
		for (let i: usize = 0; i < <usize>dv; i++) store<T>(V + i * Z, load<T>(V + i * Z) - load<T>(job.valueCentre + i * Z));
		longest = max(longest, squares);
		packByRow<T>(K, l, n, d, job.keysByRow);
		packByColumn<T>(K, l, n, d, job.chunk, job.keysByColumn);
		packByRow<T>(V, l, n, dv, job.valuesByRow);
		packByColumn<T>(V, l, n, dv, job.chunk, job.valuesByColumn);
	}
	return longest;
}
