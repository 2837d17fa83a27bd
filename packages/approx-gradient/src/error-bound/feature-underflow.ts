import { noError } from "./error-parts.ts";
import type { NumberType } from "./number-type.ts";
import { Quantity } from "./quantity.ts";
import { plus, sumUp, times } from "./upward.ts";

/** Sizes of what a gradient or an output by features is computed from: each number is at least every one of its kind. */
export interface FeatureSizes {
	readonly n: number;
	readonly d: number;
	/** Features a row. */
	readonly rank: number;
	/** Number type of features and sums; the wider one where both are used, since its steps lose less. */
	readonly type: NumberType;
	/** |φ_jm|, |ψ_lm|, with what they may be off by below the normal range. */
	readonly query: Quantity;
	readonly key: Quantity;
	/** |h_li| about the centre. */
	readonly value: number;
	/** |k_lb| as the sums have them. */
	readonly span: number;
	/** 1 / D̃_j. */
	readonly inverse: number;
	/** |õ_ji| about the centre. */
	readonly output: number;
	/** Σ_l |f̃_jl|. */
	readonly mass: number;
}

/** Sizes of the features, with the scale and the frame of the gradient. */
export interface GradientSizes extends FeatureSizes {
	/** The largest factor from a gradient in the coordinates of the sums to one in A2's; 1 where they are the same. */
	readonly frame: number;
	readonly scale: number;
}

/** Sizes of a column of A1 and of the residuals that it meets: Σ_j |A1_ja|, and the |A1_ja|-weighted mean of |c̃_ji|. */
export interface InputColumn {
	readonly inputSum: number;
	readonly residual: number;
}

/** A number of this size that is off by at most `underflow`. */
const offBy = (size: number, underflow: number): Quantity => Quantity.known(size, { ...noError, underflow });

/** The error that underflow causes in a row's sums Σ_m φ_jm Σ_l ψ_lm x_l with |x_l| <= size; other causes are counted elsewhere. */
export function lostOfSums(
	{ n, rank, type, query, key }: Pick<FeatureSizes, "n" | "rank" | "type" | "query" | "key">,
	x: Quantity,
): number {
	return query.dot(key.dot(x, n, type), rank, type).error.underflow;
}

/** The values h' = (h, 1): d products of a row of A3 and a column of Y each. */
const valuesOf = ({ d, type, value }: FeatureSizes): Quantity => offBy(Math.max(1, value), times(d + 1, type.tiny));

/** The error that underflow causes in an output õ_ji: in its sums, its normaliser and its quotient. */
export function outputUnderflow(sizes: FeatureSizes): number {
	const { inverse, output, type } = sizes;
	const sums = times(lostOfSums(sizes, valuesOf(sizes)), inverse);
	return plus(times(sums, plus(1, output)), times(2, type.tiny));
}

/**
 * The error that underflow causes in an entry of the gradient, whatever the order of the sums: the
 * method's steps on the largest sizes. At ordinary sizes it is below 1e-290, in single precision below 1e-25.
 */
export const gradientUnderflow = (sizes: GradientSizes & InputColumn): number => gradientUnderflowBy(sizes)(sizes);

/** `gradientUnderflow` for one column of A1 after another: what depends on the features alone is computed once. */
export function gradientUnderflowBy(sizes: GradientSizes): (column: InputColumn) => number {
	const { n, d, type, rank, query, key, span, inverse, output, mass, scale, frame } = sizes;
	const { tiny } = type;
	const values = valuesOf(sizes);
	const outputs = offBy(output, outputUnderflow(sizes));
	const lostNormaliser = times(lostOfSums(sizes, values), inverse);
	const keyed = values.times(offBy(Math.max(1, span), times(d + 1, tiny)), type);
	const lostKeyed = lostOfSums(sizes, keyed);
	const terms = times(times(n, rank), times(times(query.size, key.size), keyed.size));
	// A1ᵀ by rows, or by what rows are before they meet the sums over keys (route paper).
	const ofInputs = times(times(2 * n, tiny), plus(Math.max(1, span), times(d + 1, terms)));
	return ({ inputSum, residual }) => {
		const residuals = offBy(residual, outputs.error.underflow);
		const cotangents = residuals.or(residuals.dot(outputs, d, type));
		// A cotangent and its quotient by D̃ against sums Σ_l Ã_jl h'_l k_lb, which are at most D̃ times mass times sizes,
		const ofCotangents = plus(cotangents.error.underflow, times(cotangents.size, lostNormaliser));
		// what the quotient loses against all terms of such a sum, and what the sum loses.
		const ofSums = times(times(cotangents.size, inverse), lostKeyed);
		const ofRow = sumUp([times(times(ofCotangents, mass), keyed.size), times(tiny, terms), ofSums, times(rank, tiny)]);
		const gradient = plus(times(inputSum, times(d + 1, ofRow)), ofInputs);
		return plus(times(scale, plus(times(frame, gradient), tiny)), tiny);
	};
}
