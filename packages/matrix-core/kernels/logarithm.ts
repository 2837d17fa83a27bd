// ln x, one number at a time: x = 2^k (1 + f) with 1 + f between 1/√2 and √2, and ln(1 + f) by a polynomial in s = f / (2 + f). The method and the coefficients are
// those of fdlibm's e_log.c, which JavaScript engines use too; the error is below a unit in the last place.

/** ln x of a normal number above 0. */
export function logarithm(x: f64): f64 {
	// Moved by 1 - 1/√2, the exponent is that of the power of two next to x.
	const bits = reinterpret<u64>(x) + (<u64>(0x3ff00000 - 0x3fe6a09e) << 32), k = <f64>(<i32>(bits >> 52) - 1023);
	const f = reinterpret<f64>((bits & 0x000fffffffffffff) + (<u64>0x3fe6a09e << 32)) - 1, half = 0.5 * f * f, s = f / (2 + f);
	const z = s * s, w = z * z;
	const even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
	const odd = z * (0.6666666666666735130 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
	// ln 2 in two parts, the first with trailing zeros.
	return s * (half + even + odd) + k * 1.90821492927058770002e-10 - half + f + k * 6.93147180369123816490e-1;
}
