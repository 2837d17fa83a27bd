/** Binary places of the weights: 57 decimal digits. */
export const PLACES = 192;

/** Places that the exponential works with: what its products round stays below the last of `PLACES`. */
const WORK = PLACES + 24;
const ONE = 1n << BigInt(WORK);

/** ln 2 = 2 artanh(1/3). */
const LN2 = (() => {
	let [sum, power] = [0n, (2n * ONE) / 3n];
	for (let k = 1n; power > 0n; k += 2n, power /= 9n) sum += power / k;
	return sum;
})();

/** e^x by its series, for a small x >= 0 of `WORK` places. */
function series(x: bigint): bigint {
	let [sum, term] = [ONE, ONE];
	for (let k = 1n; term > 0n; k++) {
		term = ((term * x) >> BigInt(WORK)) / k;
		sum += term;
	}
	return sum;
}

/** e^(i / 2^8) and e^(i / 2^16) for i < 256. */
const tables = [8, 16].map((shift) => Array.from({ length: 256 }, (_, i) => series(BigInt(i) << BigInt(WORK - shift))));

/** Below it e^x has no digit among `PLACES`. */
const LEAST = -BigInt(Math.ceil((PLACES + 2) * Math.LN2)) << BigInt(WORK);

/**
 * e^(mantissa · 2^exponent) for a number <= 0, as a whole number of 2^-PLACES, off by at most 2. By x = k ln 2 + r, two
 * tables for the first 16 binary places of r, and the series for the rest.
 */
export function fixedExponential(mantissa: bigint, exponent: number): bigint {
	if (mantissa > 0n) throw new RangeError("fixedExponential: the exponent must be <= 0");
	const shift = exponent + WORK;
	const x = shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
	if (x < LEAST) return 0n;
	let k = x / LN2;
	if (k * LN2 > x) k--;
	const r = x - k * LN2;
	const [first, second] = [Number(r >> BigInt(WORK - 8)), Number((r >> BigInt(WORK - 16)) & 255n)];
	const rest = series(r & ((1n << BigInt(WORK - 16)) - 1n));
	const product = (((tables[0][first] * tables[1][second]) >> BigInt(WORK)) * rest) >> BigInt(WORK);
	return product >> (BigInt(WORK - PLACES) - k);
}
