import type { ExponentialTerms } from "./exponential-terms.ts";
import { nodesOf, RowPolynomial, type RowPolynomialOptions } from "./row-polynomial.ts";

const u = 2 ** -53;

/**
 * The polynomials of a block of rows, column by column: number k of row j is at k · count + j. `solve` overwrites them and
 * allocates nothing. The interface for routes: power sums in, coefficients and row errors out.
 */
export class RowPolynomials {
	/** The polynomial of the row that was solved last. */
	readonly row: RowPolynomial;
	/** a_0..a_g, (g + 1) x count. */
	readonly coefficients: Float64Array;
	/** w_0..w_2r, (2r + 1) x count. */
	readonly squares: Float64Array;
	/** C and ρ of each row: |e^s - P_j(s)| <= C_j w_j(s) + ρ_j. */
	readonly factors: Float64Array;
	readonly offsets: Float64Array;
	/** E_j = at least Σ_l ω_l |e^s - P_j(s)|. */
	readonly errors: Float64Array;
	/** D̃_j = Σ_l ω_l P_j(s_jl). */
	readonly normalisers: Float64Array;

	/** @param rows the most rows of a block */
	constructor(rows: number, options: RowPolynomialOptions) {
		this.row = new RowPolynomial(options);
		this.coefficients = new Float64Array((options.degree + 1) * rows);
		this.squares = new Float64Array((2 * this.row.nodes + 1) * rows);
		[this.factors, this.offsets] = [new Float64Array(rows), new Float64Array(rows)];
		[this.errors, this.normalisers] = [new Float64Array(rows), new Float64Array(rows)];
	}

	/**
	 * Makes the polynomials of `count` rows. `each`, where given, runs with `row` set to each row's in turn, for more sums of it.
	 * @param sums m_0..m_2r, (2r + 1) x count or more
	 * @param radii R_j, at least every |s_jl|
	 */
	solve(
		sums: ArrayLike<number>,
		radii: ArrayLike<number>,
		count: number,
		each?: (row: RowPolynomial, j: number) => void,
	): void {
		const { row } = this;
		for (let j = 0; j < count; j++) {
			row.solve(sums, radii[j], j, count);
			for (let k = 0; k <= row.degree; k++) this.coefficients[k * count + j] = row.coefficients[k];
			for (let k = 0; k <= 2 * row.nodes; k++) this.squares[k * count + j] = row.square[k];
			this.factors[j] = row.factor;
			this.offsets[j] = row.offset;
			this.errors[j] = row.errorSum(sums, j, count);
			this.normalisers[j] = row.valueSum(sums, j, count);
			each?.(row, j);
		}
	}
}

/** The doubles that `kernels/gauss/row-polynomials.ts` reads, in its order. */
export function solutionConstants(
	{ degree, sumError }: { readonly degree: number; readonly sumError: number },
	{ terms, remainder }: ExponentialTerms,
): number[] {
	const r = nodesOf(degree);
	return [
		sumError,
		Math.max(1e-13, sumError),
		remainder,
		squareErrorOf({ degree, sumError }),
		(4 * r + 10) * u,
		...terms,
	];
}

/** At least the error of π² as computed, relative to the size of its terms. */
export const squareErrorOf = ({ degree, sumError }: { readonly degree: number; readonly sumError: number }): number =>
	4 * (nodesOf(degree) + 2) * u + 2 * sumError;
