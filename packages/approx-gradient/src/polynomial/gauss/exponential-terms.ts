/** A polynomial that is exp but for rounding. */
export interface ExponentialTerms {
	/** t_0..t_M > 0, each within two units of rounding. */
	readonly terms: Float64Array;
	/** At least |e^s - Σ t_k s^k| for |s| <= R, with t_k before they are rounded. */
	readonly remainder: number;
}

/** Errors of the polynomial for exp: far below the rounding of a row's polynomial, and of one whose monomials of high degree are in single precision. */
const NEGLIGIBLE = { double: 2 ** -53, single: 2 ** -34 };

/** Radii up to which a polynomial is shorter for single precision: beyond, its terms would be of the size of its error, and not all of them positive. */
const MOST_SHORT = 4;

/** Radii are rounded up to multiples of 1/16, which makes powers of R exact and few polynomials to keep. */
const STEP = 16;

/** Fractional bits of coefficients on [-1, 1]; what truncation loses is below 2^-300 in all. */
const BITS = 400n;
const ONE = 1n << BITS;

const known = new Map<string, ExponentialTerms>();

/**
 * A polynomial of least degree M >= `least` that differs from exp by at most 2^-53 on [-R, R], or 2^-34 in two precisions: the Taylor polynomial, economised by
 * Chebyshev polynomials. At R = 1 it has degree 14, where the Taylor polynomial takes 18, or 10. Made once for a radius and a degree.
 */
export function exponentialTerms(
	radius: number,
	least: number,
	precision: keyof typeof NEGLIGIBLE = "double",
): ExponentialTerms {
	const p = Math.max(1, Math.ceil(STEP * radius));
	const negligible = NEGLIGIBLE[p <= STEP * MOST_SHORT ? precision : "double"];
	const key = `${p} ${least} ${precision}`;
	const before = known.get(key);
	if (before) return before;
	const made = economised(BigInt(p), least, negligible);
	known.set(key, made);
	return made;
}

/** The terms for R = p / 16, from coefficients b_k of exp(R x), |x| <= 1, as whole numbers times 2^-BITS. */
function economised(p: bigint, least: number, negligible: number): ExponentialTerms {
	const step = BigInt(STEP);
	const b = [ONE];
	// From k >= 2 R on the terms beyond b_k sum to less than b_k.
	for (let k = 1n; b[b.length - 1] > ONE >> 120n || 2n * p > step * k || k <= least; k++)
		b.push((b[b.length - 1] * p) / (step * k));
	let left = b[b.length - 1];
	const chebyshev = chebyshevPolynomials(b.length - 1);
	const most = BigInt(negligible * 2 ** 100) << (BITS - 100n);
	// x^k = 2^(1-k) T_k(x) and lower powers; |T_k| <= 1.
	for (let k = b.length - 1; k > least; k--) {
		const dropped = b[k] >> BigInt(k - 1);
		if (left + dropped + 1n > most) break;
		left += dropped + 1n;
		const T = chebyshev[k];
		for (let i = k - 2; i >= 0; i -= 2) b[i] -= (b[k] * T[i]) >> BigInt(k - 1);
		b.length = k;
	}
	let [power, stepPower] = [1n, 1n];
	const terms = Float64Array.from(b, (coefficient) => {
		const term = toNumber((coefficient * stepPower) / power);
		if (!(term > 0)) throw new Error("a term of exp is not positive");
		[power, stepPower] = [power * p, stepPower * step];
		return term;
	});
	return { terms, remainder: 1.01 * toNumber(left) + 2 ** -200 };
}

/** Coefficients of T_0..T_n. */
function chebyshevPolynomials(n: number): bigint[][] {
	const all: bigint[][] = [[1n], [0n, 1n]];
	for (let k = 2; k <= n; k++)
		all.push(Array.from({ length: k + 1 }, (_, i) => 2n * (all[k - 1][i - 1] ?? 0n) - (all[k - 2][i] ?? 0n)));
	return all;
}

/** A number x 2^BITS as a double, rounded once or twice. */
function toNumber(x: bigint): number {
	const shift = BigInt(Math.max(0, x.toString(2).length - 64));
	return Number(x >> shift) * 2 ** (Number(shift) - Number(BITS));
}
