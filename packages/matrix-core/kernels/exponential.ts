// e^x for vectors. x = k ln 2 + r with whole k, |r| <= ln 2 / 2; e^r by a polynomial; 2^k put into the exponent bits.
// Adding 1.5 · 2^52 (2^23 in single precision) rounds to a whole number and leaves it in the low bits.
// The polynomial r + r²(c₂ + c₃ r + …) is a minimax fit of e^r - 1: relative error 4e-18 (f64, degree 11), 3e-9 (f32, degree 6).
// The numbers come from a table in memory, where each is one broadcasting load; a vector constant takes V8 four instructions.

import { multiplyAdd, multiplySubtract } from "./arithmetic";

/** Bytes of the table that `prepareExponential` fills and the functions below read. */
// @ts-ignore: decorator
@inline
export const EXPONENTIAL_TABLE: usize = 256;

/** Fills the table for a number type; once a task is often enough. */
// @ts-ignore: decorator
@inline
export function prepareExponential<T>(table: usize): void {
	if (sizeof<T>() == 8) {
		store<f64>(table, 1.4426950408889634, 0); //     1 / ln 2
		store<f64>(table, 6755399441055744.0, 8); //     1.5 · 2^52
		store<f64>(table, 0.6931471803691238, 16); //    ln 2, its first 33 bits
		store<f64>(table, 1.9082149292705877e-10, 24); // ln 2, the rest
		store<f64>(table, 0.5000000000000011, 32);
		store<f64>(table, 0.16666666666666413, 40);
		store<f64>(table, 0.04166666666653009, 48);
		store<f64>(table, 0.008333333333494192, 56);
		store<f64>(table, 0.0013888888943639998, 64);
		store<f64>(table, 0.00019841269507228944, 72);
		store<f64>(table, 2.4801493095628262e-5, 80);
		store<f64>(table, 2.7557585777730577e-6, 88);
		store<f64>(table, 2.7630247410843915e-7, 96);
		store<f64>(table, 2.500024680765637e-8, 104);
		store<f64>(table, 1.0, 112);
		store<f64>(table, -708.0, 120); // the least argument of a normal result, rounded up
	} else {
		store<f32>(table, 1.4426950408889634, 0);
		store<f32>(table, 12582912.0, 4); // 1.5 · 2^23
		store<f32>(table, 0.693359375, 8); // ln 2, its first 9 bits
		store<f32>(table, -2.1219444e-4, 12);
		store<f32>(table, 0.4999999344511803, 16);
		store<f32>(table, 0.16666520627178386, 20);
		store<f32>(table, 0.04166838870081927, 24);
		store<f32>(table, 0.00836871566531949, 28);
		store<f32>(table, 0.0013814548568456609, 32);
		store<f32>(table, 1.0, 36);
		store<f32>(table, -87.0, 40);
	}
}

// @ts-ignore: decorator
@inline
function number<T>(table: usize, index: usize): v128 {
	return v128.load_splat<T>(table + index * sizeof<T>());
}

/** e^r - 1 for |r| <= ln 2 / 2. */
// @ts-ignore: decorator
@inline
function polynomial<T>(r: v128, table: usize): v128 {
	let p: v128;
	if (sizeof<T>() == 8) {
		p = multiplyAdd<T>(number<T>(table, 13), r, number<T>(table, 12));
		p = multiplyAdd<T>(p, r, number<T>(table, 11));
		p = multiplyAdd<T>(p, r, number<T>(table, 10));
		p = multiplyAdd<T>(p, r, number<T>(table, 9));
	} else {
		p = number<T>(table, 8);
	}
	if (sizeof<T>() == 8) p = multiplyAdd<T>(p, r, number<T>(table, 8));
	p = multiplyAdd<T>(p, r, number<T>(table, 7));
	p = multiplyAdd<T>(p, r, number<T>(table, 6));
	p = multiplyAdd<T>(p, r, number<T>(table, 5));
	p = multiplyAdd<T>(p, r, number<T>(table, 4));
	return multiplyAdd<T>(p, v128.mul<T>(r, r), r);
}

/** 2^k from the number 1.5 · 2^52 + k (2^23 in single precision), for k that gives a normal number. */
// @ts-ignore: decorator
@inline
function powerOfTwo<T>(shifted: v128, table: usize): v128 {
	if (sizeof<T>() == 8) return i64x2.add(i64x2.shl(shifted, 52), number<T>(table, 14));
	return i32x4.add(i32x4.shl(shifted, 23), number<T>(table, 9));
}

/** e^x for |x| <= 700 (f64) or 80 (f32), within 2 ulp; anything else gives nonsense. */
// @ts-ignore: decorator
@inline
export function exponentialInRange<T>(x: v128, table: usize): v128 {
	const magic = number<T>(table, 1);
	const shifted = multiplyAdd<T>(x, number<T>(table, 0), magic);
	const k = v128.sub<T>(shifted, magic);
	let r = multiplySubtract<T>(k, number<T>(table, 2), x);
	r = multiplySubtract<T>(k, number<T>(table, 3), r);
	const power = powerOfTwo<T>(shifted, table);
	return multiplyAdd<T>(polynomial<T>(r, table), power, power);
}

/** e^x for x <= 700 (f64) or 80 (f32), within 2 ulp, 0 where it is below 2^-1021 (2^-125); NaN gives NaN. */
// @ts-ignore: decorator
@inline
export function exponentialBelow<T>(x: v128, table: usize): v128 {
	const least = number<T>(table, sizeof<T>() == 8 ? 15 : 10);
	return v128.andnot(exponentialInRange<T>(v128.max<T>(x, least), table), v128.lt<T>(x, least));
}

/** e^x for every x, within 2 ulp where the result is a normal number; gradual underflow, Infinity, NaN as they should be. */
// @ts-ignore: decorator
@inline
export function exponential<T>(x: v128, table: usize): v128 {
	const far: T = sizeof<T>() == 8 ? 760 : 120;
	const inside = v128.min<T>(v128.max<T>(x, v128.splat<T>(-far)), v128.splat<T>(far));
	const magic = number<T>(table, 1);
	const k = v128.sub<T>(multiplyAdd<T>(inside, number<T>(table, 0), magic), magic);
	let r = multiplySubtract<T>(k, number<T>(table, 2), inside);
	r = multiplySubtract<T>(k, number<T>(table, 3), r);
	// 2^k may not be a normal number where e^x is: two halves of k are
	const half = v128.add<T>(v128.mul<T>(k, v128.splat<T>(<T>0.5)), magic);
	const rest = v128.add<T>(v128.sub<T>(k, v128.sub<T>(half, magic)), magic);
	const power = powerOfTwo<T>(half, table);
	return v128.mul<T>(multiplyAdd<T>(polynomial<T>(r, table), power, power), powerOfTwo<T>(rest, table));
}
