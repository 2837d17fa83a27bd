import { type ExponentialTerms, exponentialTerms } from "./exponential-terms.ts";

/** The degree, the accuracy of sums and the radius that a row polynomial is made for. */
export interface RowPolynomialOptions {
	/** g, the degree of P. */
	readonly degree: number;
	/** Relative error of power sums: a computed m_k is within sumError · R^k · m_0 of Σ_l ω_l s_l^k. */
	readonly sumError: number;
	/** At least every radius that `solve` gets; it sets how many terms of exp are divided. */
	readonly largestRadius: number;
}

/** r, the number of double nodes of a polynomial of degree g: (g + 1)/2 for odd g, g/2 for even. */
export const nodesOf = (degree: number): number => Math.floor((degree + 1) / 2);

/** Number of the power sums m_0..m_2r that a polynomial of degree g is made of: g + 2 for odd g, g + 1 for even. */
export const powerSumsOf = (degree: number): number => 2 * nodesOf(degree) + 1;

const u = 2 ** -53;

/** Covers the rounding of the bounds themselves: some hundreds of operations on positive numbers. */
const SLACK = 1 + 1e-12;

/**
 * The polynomial of one row in place of exp, from the power sums of its scores: with π the orthogonal polynomial of degree r of
 * the measure Σ_l ω_l δ(s_l), P interpolates exp doubly at the zeros of π, and
 *
 *     |e^s - P(s)| <= C w(s) + ρ  for |s| <= R,  w = π² but for rounding.
 *
 * No pair (P, bound) of these degrees has a bound whose sum over the row is smaller by more than a factor near 1. An even
 * degree adds the middle of the quotient (exp - P) / w times w.
 * Numbers are overwritten by the next `solve`, which allocates nothing. Cost O(M g + g³), M <= 40 or so.
 */
export class RowPolynomial {
	readonly degree: number;
	/** r. */
	readonly nodes: number;
	/** a_0..a_g of P. */
	readonly coefficients: Float64Array;
	/** w_0..w_2r of the square that bounds the error; w_2r = 1. */
	readonly square: Float64Array;
	/** C. */
	factor = 0;
	/** ρ: what is left of the series, and all rounding of coefficients. */
	offset = 0;
	/** At least Σ_i |w_i| R^i, and the part of it by which w may be below π² or the sum of its terms off. */
	squareSize = 0;
	squareError = 0;
	readonly #sumError: number;
	readonly #exponential: ExponentialTerms;
	readonly #pi: Float64Array;
	readonly #rest: Float64Array;
	readonly #hankel: Float64Array;
	readonly #moments: Float64Array;

	constructor({ degree, sumError, largestRadius }: RowPolynomialOptions) {
		const r = nodesOf(degree);
		this.degree = degree;
		this.nodes = r;
		this.coefficients = new Float64Array(degree + 1);
		this.square = new Float64Array(2 * r + 1);
		this.#sumError = sumError;
		this.#exponential = exponentialTerms(largestRadius, 2 * r);
		this.#pi = new Float64Array(r + 1);
		this.#rest = new Float64Array(this.#exponential.terms.length);
		this.#hankel = new Float64Array(r * r);
		this.#moments = new Float64Array(2 * r);
	}

	/**
	 * Makes the polynomial of a row.
	 * @param sums m_0..m_2r, at `first`, `first + step`, ...
	 * @param radius R, at least every |s_l|
	 */
	solve(sums: ArrayLike<number>, radius: number, first = 0, step = 1): void {
		this.#orthogonal(sums, radius, first, step);
		this.#squareOf(radius);
		this.#divide(radius);
	}

	/**
	 * At least Σ_l ω_l x_l (C w(s_l) + ρ), from the power sums Σ_l ω_l x_l s_l^k of a column x >= 0, k <= 2r, each within
	 * sumError · R^k of the first.
	 */
	errorSum(sums: ArrayLike<number>, first = 0, step = 1): number {
		let sum = this.squareError * sums[first];
		for (let i = 0, at = first; i <= 2 * this.nodes; i++, at += step) sum += this.square[i] * sums[at];
		return SLACK * (this.factor * Math.max(0, sum) + this.offset * (1 + this.#sumError) * sums[first]);
	}

	/** Σ_l ω_l x_l P(s_l), from the same sums, k <= g. */
	valueSum(sums: ArrayLike<number>, first = 0, step = 1): number {
		let sum = 0;
		for (let k = 0, at = first; k <= this.degree; k++, at += step) sum += this.coefficients[k] * sums[at];
		return sum;
	}

	/** Σ_k |a_k| t^k: the size of the terms of P at a score whose own terms |q_i k_i| sum to t; those of k < from count by a share. */
	sizeAt(t: number, from = 0, share = 1): number {
		let size = 0;
		for (let k = this.degree; k >= 0; k--) size = size * t + (k < from ? share : 1) * Math.abs(this.coefficients[k]);
		return size;
	}

	/**
	 * π: monic of degree r, from the Hankel system of the power sums over their size, with a small multiple of the trace on the
	 * diagonal. Bounds hold for any π: a poor solution makes them larger, not wrong.
	 */
	#orthogonal(sums: ArrayLike<number>, radius: number, first: number, step: number): void {
		const r = this.nodes;
		const [pi, H, nu] = [this.#pi, this.#hankel, this.#moments];
		pi.fill(0);
		pi[r] = 1;
		if (r === 0) return;
		const deviation = Math.sqrt(sums[first + 2 * step] / sums[first]);
		if (!(deviation > 0 && Number.isFinite(1 / deviation))) return;
		let power = 1 / sums[first];
		for (let k = 0, at = first; k < 2 * r; k++, at += step, power /= deviation) nu[k] = sums[at] * power;
		let trace = 0;
		for (let i = 0; i < r; i++) trace += nu[2 * i];
		const ridge = trace * Math.max(1e-13, this.#sumError);
		// L D Lᵀ in place, pivots held above the ridge; then the two triangular systems with -ν_r..ν_2r-1.
		for (let i = 0; i < r; i++)
			for (let j = 0; j <= i; j++) {
				let entry = nu[i + j] + (i === j ? ridge : 0);
				for (let k = 0; k < j; k++) entry -= H[i * r + k] * H[j * r + k] * H[k * r + k];
				H[i * r + j] = i === j ? Math.max(entry, ridge) : entry / H[j * r + j];
			}
		for (let i = 0; i < r; i++) {
			let entry = -nu[r + i];
			for (let k = 0; k < i; k++) entry -= H[i * r + k] * pi[k];
			pi[i] = entry;
		}
		for (let i = r - 1; i >= 0; i--) {
			let entry = pi[i] / H[i * r + i];
			for (let k = i + 1; k < r; k++) entry -= H[k * r + i] * pi[k];
			pi[i] = entry;
		}
		let [scale, size] = [1, 1];
		for (let k = r - 1; k >= 0; k--) {
			scale *= deviation;
			pi[k] *= scale;
			size = size * radius + Math.abs(pi[k]);
		}
		// Zeros within R give Σ |π_i| R^i <= (2 R)^r: what is far beyond comes from rounding.
		if (!(size <= 2 * (2 * radius) ** r)) pi.fill(0, 0, r);
	}

	#squareOf(radius: number): void {
		const r = this.nodes;
		const [pi, w] = [this.#pi, this.square];
		w.fill(0);
		let size = 0;
		for (let i = r; i >= 0; i--) {
			size = size * radius + Math.abs(pi[i]);
			for (let k = 0; k <= r; k++) w[i + k] += pi[i] * pi[k];
		}
		this.squareSize = SLACK * size * size;
		// Computed w is within 2 (r + 2) u of π², terms against terms; and so is a sum of products with its coefficients, beside the sums' error.
		this.squareError = (4 * (r + 2) * u + 2 * this.#sumError) * this.squareSize;
	}

	/** A polynomial for exp divided by w: P is the remainder, C bounds the quotient on [-R, R]. */
	#divide(radius: number): void {
		const m = 2 * this.nodes;
		const [w, rest, a] = [this.square, this.#rest, this.coefficients];
		const M = rest.length - 1;
		rest.set(this.#exponential.terms);
		for (let k = M; k >= m; k--) for (let i = 0; i < m; i++) rest[k - m + i] -= rest[k] * w[i];
		// The quotient q is rest[m..M] now. Even terms beyond q_0 lie in [0, above] where they are positive.
		let [size, above, power] = [0, 0, 1];
		for (let k = m; k <= M; k++, power *= radius) {
			const term = rest[k] * power;
			if (k > m) size += Math.abs(term);
			if (k > m && (k - m) % 2 === 0 && term > 0) above += term;
		}
		let [factor, middle] = [size + Math.abs(rest[m]), 0];
		for (let k = 0; k < m; k++) a[k] = rest[k];
		if (this.degree === m) {
			middle = rest[m] + above / 2;
			for (let k = 0; k < m; k++) a[k] += middle * w[k];
			a[m] = middle;
			// 2 u (|q_0| + |middle|) covers what q_0 - middle is rounded by.
			factor = size - above / 2 + 2 * u * (Math.abs(rest[m]) + Math.abs(middle));
		}
		this.factor = SLACK * factor + u * size;
		const terms = Math.exp(radius) + (size + Math.abs(rest[m]) + 2 * Math.abs(middle)) * this.squareSize;
		this.offset = SLACK * ((2 * m + 10) * u * terms + this.#exponential.remainder);
	}
}
