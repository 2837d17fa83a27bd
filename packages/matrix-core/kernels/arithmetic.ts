// Arithmetic on vectors of 128 bits; T is f64 or f32. Everything here is inlined where it is used.

/** Numbers of a 128-bit vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
	return 16 / <i32>sizeof<T>();
}

/** a · b + c, rounded once in builds with relaxed SIMD and twice in the others. */
// @ts-ignore: decorator
@inline
export function multiplyAdd<T>(a: v128, b: v128, c: v128): v128 {
	if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
	return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c - a · b, rounded as multiplyAdd. */
// @ts-ignore: decorator
@inline
export function multiplySubtract<T>(a: v128, b: v128, c: v128): v128 {
	if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
	return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** The vector of zeros. */
// @ts-ignore: decorator
@inline
export function zero(): v128 {
	return i64x2.splat(0);
}
