import type { ErrorConstants } from "../bounds/error-constants.ts";
import type { RowPolynomial } from "../row-polynomial.ts";
import type { Boundary } from "./boundary.ts";

/** Covers the rounding of some hundred operations on positive numbers. */
const SLACK = 1 + 1e-12;

/** Bounds on the sums of one row that an anisotropic set S leaves out, for a column x >= 0; k = 0..g + 1. */
export interface TruncatedSums {
	/** At least Σ_l ω_l x_l Σ |q^α k_l^α| k!/α! over the α outside S of degree k: what the polynomial lacks. */
	readonly terms: Float64Array;
	/** The same over the α outside S and its edge: what the power sums lack. */
	readonly powers: Float64Array;
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
		terms: new Float64Array(degree + 2),
		powers: new Float64Array(degree + 2),
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
	/** What was added to each x_l for its losses below the normal range. */
	readonly added: number;
}

/**
 * Fills the truncated sums of a column from the sums over the boundary of each degree b, at `first`, `first + step`, ....
 *
 * Those sums have positive terms, of which roundings take a part `sumError` at most; what is lost below the normal range is within that
 * of `underflow.ts` for the sums by degree, which have the same operations. Cost O(g²).
 */
export function fillTruncated(
	{ starts }: Boundary,
	{ sumError, lostSums }: ErrorConstants,
	sums: ArrayLike<number>,
	{ reach, columnSum, weightSum, added }: BoundaryError,
	{ terms, powers }: TruncatedSums,
	first = 0,
	step = 1,
): void {
	terms.fill(0);
	powers.fill(0);
	const lost = 2 * (lostSums * columnSum + sumError * added * weightSum);
	const left = sumError < 0.5 ? SLACK / (1 - sumError) : Number.POSITIVE_INFINITY;
	for (let b = 0, power = 1; b < terms.length; b++, power *= reach) {
		if (starts[b] === starts[b + 1]) continue;
		let term = SLACK * (left * sums[first + b * step] + lost * power);
		for (let k = b; k < terms.length; k++) {
			terms[k] += term;
			if (k > b) powers[k] += term;
			// C(k + 1, b) R from C(k, b).
			term *= (reach * (k + 1)) / (k + 1 - b);
		}
	}
}

/**
 * At least the Σ_l ω_l x_l by which an anisotropic set moves a row's error sum: |a_k| for each term that P lacks, and C |w_k| for each that
 * the power sums under the error sum lack.
 */
export function truncationError(row: RowPolynomial, { terms, powers }: TruncatedSums): number {
	const { degree, nodes, coefficients, square, factor } = row;
	let [lacking, underBound] = [0, 0];
	for (let k = 0; k <= degree; k++) lacking += Math.abs(coefficients[k]) * terms[k];
	for (let k = 0; k <= 2 * nodes; k++) underBound += Math.abs(square[k]) * powers[k];
	return SLACK * (lacking + factor * underBound);
}

/** At least the Σ_l ω_l x_l Σ_k |a_k| |terms of degree k outside S|. */
export function truncatedValue({ degree, coefficients }: RowPolynomial, { terms }: TruncatedSums): number {
	let sum = 0;
	for (let k = 0; k <= degree; k++) sum += Math.abs(coefficients[k]) * terms[k];
	return SLACK * sum;
}
