/**
 * Coefficients in powers of x of the truncated Chebyshev series of exp on [-R, R],
 * P(x) = I_0(R) + 2 Σ_(k=1..g) I_k(R) T_k(x/R), each rounded once from fixed-point numbers of at least 256 bits.
 * The change of basis cancels (terms of size e^(√2 R) against results of size 1); whole numbers of any length make
 * that harmless. R is a double and so a fraction of whole numbers. Cost O(g²) operations on short big integers.
 */
export function chebyshevPowers(radius: number, degree: number): Float64Array {
	const { mantissa, exponent } = decompose(radius);
	const bits = fractionBits(radius, degree);
	const half = shift(mantissa, bits + exponent - 1);
	return inPowers(
		besselSeries(half, degree, bits).map((value, k) => (k === 0 ? value : 2n * value)),
		bits,
		radius,
	);
}

/** Coefficients in powers of x of Σ series_k T_k(x/R) for given doubles, each rounded once. */
export function powersOfSeries(series: Float64Array, radius: number): Float64Array {
	const parts = Array.from(series, decompose);
	const bits = Math.max(0, ...parts.map(({ exponent }) => -exponent));
	return inPowers(
		parts.map(({ mantissa, exponent }) => shift(mantissa, bits + exponent)),
		bits,
		radius,
	);
}

/** Powers of x from fixed-point coefficients of T_k(x/R): each power of y = x/R is divided by R^k. */
function inPowers(series: readonly bigint[], bits: number, radius: number): Float64Array {
	const { mantissa, exponent } = decompose(radius);
	return Float64Array.from(chebyshevToPowers(series), (value, k) =>
		quotient(value, mantissa ** BigInt(k), -bits - k * exponent),
	);
}

/** Enough bits that the smallest term, (R/2)^(g+2) / (g+2)!, still has 256 of them. */
function fractionBits(radius: number, degree: number): number {
	let smallest = 0;
	for (let k = 1; k <= degree + 2; k++) smallest += Math.log2(radius / (2 * k));
	return 256 + Math.ceil(Math.max(0, -smallest));
}

/** x = mantissa · 2^exponent with a whole mantissa. */
function decompose(x: number): { mantissa: bigint; exponent: number } {
	let exponent = 0;
	while (!Number.isInteger(x)) {
		x *= 2;
		exponent--;
	}
	return { mantissa: BigInt(x), exponent };
}

const shift = (value: bigint, by: number): bigint => (by >= 0 ? value << BigInt(by) : value >> BigInt(-by));

/** I_k(2 half) for k = 0..degree by their power series Σ_m half^(k+2m) / (m! (m+k)!), in fixed point. */
function besselSeries(half: bigint, degree: number, bits: number): bigint[] {
	const scale = BigInt(bits);
	const square = (half * half) >> scale;
	const values: bigint[] = [];
	let leading = 1n << scale;
	for (let k = 0; k <= degree; k++) {
		if (k > 0) leading = ((leading * half) >> scale) / BigInt(k);
		let term = leading;
		let sum = term;
		for (let m = 1n; term > 0n; m++) {
			term = ((term * square) >> scale) / (m * (m + BigInt(k)));
			sum += term;
		}
		values.push(sum);
	}
	return values;
}

/** Σ c_k T_k(y) in powers of y, by T_(k+1) = 2 y T_k - T_(k-1). */
function chebyshevToPowers(series: readonly bigint[]): bigint[] {
	const powers: bigint[] = series.map(() => 0n);
	let [previous, current]: bigint[][] = [[1n], [0n, 1n]];
	for (const value of series) {
		for (let k = 0; k < previous.length; k++) powers[k] += value * previous[k];
		const next = [0n, ...current.map((x) => 2n * x)];
		for (let k = 0; k < previous.length; k++) next[k] -= previous[k];
		[previous, current] = [current, next];
	}
	return powers;
}

/** a / b · 2^exponent as a double, from a quotient of about 80 bits. */
function quotient(a: bigint, b: bigint, exponent: number): number {
	const extra = bitLength(b) + 80 - bitLength(a);
	const whole = Number(shift(a, extra) / b);
	const power = exponent - extra;
	const inner = Math.trunc(power / 2);
	return whole * 2 ** inner * 2 ** (power - inner);
}

const bitLength = (value: bigint): number => (value < 0n ? -value : value).toString(2).length;
