import type { ErrorConstants } from "../bounds/error-constants.ts";
import type { RowPolynomial } from "../row-polynomial.ts";
import type { Boundary } from "./layered-set.ts";

/** Covers the rounding of some hundred operations on positive numbers. */
const SLACK = 1 + 1e-12;

/**
 * Bounds on the sums of one row that an anisotropic set leaves out, for a column x >= 0, by degree k = 0..g + 1. Each monomial outside S
 * is a minimal one β times another, so that with Σ_i |q_ji k_li| <= R_j and t_b = Σ_(β ∈ ∂S, |β| = b) (b!/β!) |q_j^β| Σ_l ω_l x_l |k_l^β|
 *
 *     Σ_l ω_l x_l Σ_(α ∉ S, |α| = k) (k!/α!) |q_j^α k_l^α| <= Σ_(b <= k) C(k, b) t_b R_j^(k - b),
 *
 * and over the α outside S⁺, which has all minimal monomials, the same without b = k (paper.md 14.4).
 */
export interface TruncatedSums {
	/** Over the α outside S: what the weights of a key coordinate may lack. */
	readonly inner: Float64Array;
	/** Over the α outside S⁺: what the polynomial and the power sums lack. */
	readonly outer: Float64Array;
}

/** The truncated sums of a row for the columns of its power sums. */
export interface RowTruncation {
	readonly ones: TruncatedSums;
	readonly valueSquares: TruncatedSums;
	readonly keySquares: readonly TruncatedSums[];
}

/** Room for the truncated sums of one row. */
export function rowTruncation(degree: number, keyColumns: number): RowTruncation {
	const sums = (): TruncatedSums => ({
		inner: new Float64Array(degree + 2),
		outer: new Float64Array(degree + 2),
	});
	return { ones: sums(), valueSquares: sums(), keySquares: Array.from({ length: keyColumns }, sums) };
}

/** The numbers that the error of a sum over the boundary is made of. */
export interface BoundaryError {
	/** R_j, at least every Σ_i |q_ji k_li|. */
	readonly reach: number;
	/** Σ_l ω_l x_l, and Σ_l ω_l. */
	readonly columnSum: number;
	readonly weightSum: number;
	/** The constant added to each x_l, which covers its underflow. */
	readonly added: number;
}

/** Rounding of the sums over the boundary: the factor to their true value, and their underflow at R = 1 as parts of Σ ω x and of Σ ω. */
export const boundaryFactors = (
	{ sumError, lostSums }: Pick<ErrorConstants, "sumError" | "lostSums">,
	added: number,
) => ({
	rounded: sumError < 0.5 ? SLACK / (1 - sumError) : Number.POSITIVE_INFINITY,
	ofColumn: 2 * lostSums,
	ofWeights: 2 * sumError * added,
});

/**
 * Fills the truncated sums of a column from the t_b, at `first`, `first + step`, ....
 *
 * Those sums have positive terms, of which roundings take a part `sumError` at most; what is lost below the normal range is within that
 * of `underflow.ts` for the sums by degree, which have the same operations. Cost O(g²).
 */
export function fillTruncated(
	{ starts }: Boundary,
	constants: Pick<ErrorConstants, "sumError" | "lostSums">,
	sums: ArrayLike<number>,
	{ reach, columnSum, weightSum, added }: BoundaryError,
	{ inner, outer }: TruncatedSums,
	first = 0,
	step = 1,
): void {
	inner.fill(0);
	outer.fill(0);
	const { rounded, ofColumn, ofWeights } = boundaryFactors(constants, added);
	const lost = ofColumn * columnSum + ofWeights * weightSum;
	for (let b = 0, power = 1; b < starts.length - 1; b++, power *= reach) {
		if (starts[b] === starts[b + 1]) continue;
		let term = SLACK * (rounded * sums[first + b * step] + lost * power);
		for (let k = b; k < inner.length; k++) {
			inner[k] += term;
			if (k > b) outer[k] += term;
			// C(k + 1, b) R from C(k, b).
			term *= (reach * (k + 1)) / (k + 1 - b);
		}
	}
}

/**
 * At least what an anisotropic set adds to a row's error sum Σ_l ω_l x_l |...|: |a_k| for each term that P lacks, and C |w_k| for each that
 * the power sums under the error sum lack.
 */
export function truncationError(row: RowPolynomial, { outer }: TruncatedSums): number {
	const { degree, nodes, coefficients, square, factor } = row;
	let [ofValue, ofSquare] = [0, 0];
	for (let k = 0; k <= degree; k++) ofValue += Math.abs(coefficients[k]) * outer[k];
	for (let k = 0; k <= 2 * nodes; k++) ofSquare += Math.abs(square[k]) * outer[k];
	return SLACK * (ofValue + factor * ofSquare);
}

/**
 * At least Σ_l x_l |Ã_l - Ã_l^(b)|: the gradient in a key coordinate b is made with the monomials α of which α + e_b is in S⁺, which are those of S and
 * more.
 */
export function gradientGap({ degree, coefficients }: RowPolynomial, { inner }: TruncatedSums): number {
	let sum = 0;
	for (let k = 0; k <= degree; k++) sum += Math.abs(coefficients[k]) * inner[k];
	return SLACK * sum;
}
