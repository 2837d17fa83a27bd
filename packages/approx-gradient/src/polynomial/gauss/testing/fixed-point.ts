/** Fractional bits of a fixed-point number: every double above 2^-320 that has 53 bits is exact. */
const BITS = 400n;

/** A number times 2^400, exact for doubles whose last bit is not below that. */
export type Fixed = bigint;

export const one: Fixed = 1n << BITS;

/** The exact value of a double. */
export function fixed(x: number): Fixed {
	const bits = new DataView(new ArrayBuffer(8));
	bits.setFloat64(0, x);
	const word = bits.getBigUint64(0);
	const exponent = (word >> 52n) & 0x7ffn;
	const mantissa = (word & ((1n << 52n) - 1n)) | (exponent === 0n ? 0n : 1n << 52n);
	const shift = BITS + (exponent === 0n ? 1n : exponent) - 1075n;
	const size = shift >= 0n ? mantissa << shift : mantissa >> -shift;
	return word >> 63n === 1n ? -size : size;
}

export const multiply = (x: Fixed, y: Fixed): Fixed => (x * y) >> BITS;
export const size = (x: Fixed): Fixed => (x < 0n ? -x : x);

/** As a double, to working precision. */
export function toNumber(x: Fixed): number {
	const digits = size(x).toString(2).length;
	const shift = BigInt(Math.max(0, digits - 64));
	const value = Number(size(x) >> shift) * 2 ** (Number(shift) - Number(BITS));
	return x < 0n ? -value : value;
}

/** e^x by its series at x / 2^16, squared 16 times: some 100 digits. */
export function exponential(x: Fixed): Fixed {
	const small = x >> 16n;
	let [term, sum] = [one, one];
	for (let k = 1n; k < 60n; k++) {
		term = multiply(term, small) / k;
		sum += term;
	}
	for (let i = 0; i < 16; i++) sum = multiply(sum, sum);
	return sum;
}

/** Σ a_k s^k with the doubles a_k as they are. */
export function polynomialAt(coefficients: ArrayLike<number>, s: Fixed): Fixed {
	let value = 0n;
	for (let k = coefficients.length - 1; k >= 0; k--) value = multiply(value, s) + fixed(coefficients[k]);
	return value;
}
