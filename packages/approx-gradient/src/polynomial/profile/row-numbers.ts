import type { AttentionProblem } from "@attgrad/attention-problem";
import { ColumnShift, type Matrix, type RowSource } from "@attgrad/matrix-core";
import {
	type NumberType,
	normUp,
	numberTypes,
	plus,
	Quantity,
	RelativeRounding,
	times,
} from "../../error-bound/index.ts";
import type { ColumnRange } from "../../rows/column-range.ts";
import { largestRadius } from "../families/family.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import type { CentredKeys, CentredQueries, KeyRanges, ProfileSums } from "./profile-sums.ts";

/** Spread of the exponents of ω up to which no weight underflows, with room for its products with values. */
const EXPONENT_SPREAD = { f64: 300, f32: 40 } as const;

/** The double precision in which the polynomial's passes prepare rows, whatever the problem's number type; those of a profile may be coarser. */
export const prepared = numberTypes.f64;

/** The values h of a problem; one number a column. */
export interface ValueNumbers {
	/** At least max_l Σ_a |A3_la Y_ai|. */
	readonly sizes: Float64Array;
	readonly centre: Float64Array;
	/** Half the range, with the rounding. */
	readonly halfRange: Float64Array;
	readonly rounding: Float64Array;
}

/** The values, their middle and their rounding. */
export function valuesOf({ d, Y }: AttentionProblem<RowSource>, keys: KeyRanges): ValueNumbers {
	const sizes = productSizes(keys.inputSizes, Y);
	const range = keys.values.widened(errorsOf(sizes, d + 3, keys.type));
	const rounding = errorsOf(sizes, d + 2, prepared);
	const halfRange = range.half().map((half, i) => plus(half, rounding[i]));
	return { sizes, centre: range.middle(), halfRange, rounding };
}

/** The queries of a problem about their centre. */
export interface QueryNumbers extends CentredQueries {
	readonly inputSizes: Float64Array;
	/** max_j scale · Σ_a |A1_ja X_ab|. */
	readonly products: Float64Array;
	/** Before centring. */
	readonly range: ColumnRange;
	readonly centre: Float64Array;
	/** Whether the centre is not 0. */
	readonly isMoved: boolean;
	/** max ‖q_j‖ about the centre, rounded up. */
	readonly norm: number;
	readonly reach: Float64Array;
}

/** The queries, moved by their midrange where that gives the smaller norm and no weight underflows. Two passes over them. */
export async function queriesOf(
	{ d, X, scale, A1: { dtype } }: AttentionProblem<RowSource>,
	sums: ProfileSums,
	keys: KeyRanges,
	valueCentre: Float64Array,
): Promise<QueryNumbers> {
	const queries = await sums.queryRanges();
	const products = productSizes(queries.inputSizes, X).map((size) => times(size, scale));
	const errors = errorsOf(products, d + 4, queries.type);
	const range = queries.range.widened(errors);
	const middle = range.middle();
	const centred = await sums.centredQueries(middle, valueCentre);
	const spread = sumOver(d, (b) => 2 * Math.abs(middle[b]) * keys.range.half()[b]);
	const plainNorm = normWithin(queries.norm, range.reach(new Float64Array(d)));
	const centredNorm = normWithin(centred.norm, range.reach(middle));
	const isMoved = centredNorm < plainNorm && spread <= EXPONENT_SPREAD[dtype];
	const centre = isMoved ? middle : new Float64Array(d);
	const norm = plus(
		isMoved ? ofNorm(d, centred.type).atLeast(centredNorm) : ofNorm(d, queries.type).atLeast(plainNorm),
		normUp(errors),
	);
	return {
		...{ ...centred, inputSizes: queries.inputSizes, products, range },
		...{ centre, isMoved, norm, reach: range.reach(centre) },
	};
}

/** The keys of a problem about their centre, and means with the weights ω. */
export interface KeyNumbers extends CentredKeys {
	readonly centre: Float64Array;
	readonly isMoved: boolean;
	/** max ‖k_l‖ about the centre, rounded up. */
	readonly norm: number;
	readonly reach: Float64Array;
	/** The rounding of a key less its midrange, or less the shift in its place. */
	readonly errors: Float64Array;
}

/** The keys, moved by their midrange where that gives the smaller norm. One pass over them, and one for a shift where scores are far. */
export async function keysOf(
	A2: RowSource,
	sums: ProfileSums,
	{ range, norm, type }: KeyRanges,
	queries: QueryNumbers,
	valueCentre: Float64Array,
): Promise<KeyNumbers> {
	const plainNorm = normWithin(norm, range.reach(new Float64Array(A2.cols)));
	// Where scores are that far, extremes may have set the midrange, and no polynomial serves all rows.
	const isFar = !(queries.norm * Math.min(plainNorm, normUp(range.half())) <= largestRadius);
	const middle = isFar ? shiftOf(A2) : range.middle();
	const weighted = await sums.centredKeys(middle, queries.centre, valueCentre);
	const centredNorm = normWithin(weighted.norm, range.reach(middle));
	const isMoved = isFar ? middle.some((shift) => shift !== 0) : centredNorm < plainNorm;
	const centre = isMoved ? middle : new Float64Array(A2.cols);
	const errors = middle.map((x) => times(weighted.type.unit, Math.abs(x)));
	const computed = isMoved
		? ofNorm(A2.cols, weighted.type).atLeast(centredNorm)
		: ofNorm(A2.cols, type).atLeast(plainNorm);
	const moved = isMoved ? plus(computed, normUp(errors)) : computed;
	return { ...weighted, centre, isMoved, norm: moved, reach: range.reach(centre), errors };
}

/** Rows of keys that are read at a time for their shift. */
const SHIFT_ROWS = 512;

/** The shift of the keys that costs none of them digits. One pass over them. */
function shiftOf(keys: RowSource): Float64Array {
	const shift = new ColumnShift(keys.cols);
	const rows = new Float64Array(Math.min(keys.rows, SHIFT_ROWS) * keys.cols);
	for (let from = 0; from < keys.rows; from += SHIFT_ROWS) {
		const to = Math.min(keys.rows, from + SHIFT_ROWS);
		keys.readRows(from, to, rows);
		shift.add(rows.subarray(0, (to - from) * keys.cols));
	}
	return shift.shifts();
}

/** A norm whose squares stayed in the normal range, otherwise the norm of what the coordinates reach. */
const normWithin = (norm: number, reach: Float64Array): number =>
	norm > 1e-140 && norm < 1e150 ? norm : normUp(reach);

/** Σ of a term over the columns b. */
export const sumOver = (d: number, term: (b: number) => number): number => {
	let sum = 0;
	for (let b = 0; b < d; b++) sum += term(b);
	return sum;
};

/** Σ_a sizes_a |M_ai| for each column i: at least every sum of the sizes of the terms of a row's product with M. */
export function productSizes(sizes: Float64Array, M: Matrix): Float64Array {
	const products = new Float64Array(M.cols);
	for (let a = 0; a < M.rows; a++)
		for (let i = 0; i < M.cols; i++) products[i] = plus(products[i], times(sizes[a], Math.abs(M.at(a, i))));
	return products;
}

/** Roundings of a term and of a sum over the rows that a profile adds up in single precision. */
const SINGLE_ROUNDINGS = 2 * kernelConstants.SINGLE_PAIRS + 16;

/** The rounding of a sum of n sizes in a pass: its terms and sums over a few of them in the pass's type, the others in double precision. */
export const ofRowSums = (n: number, type: NumberType): RelativeRounding =>
	RelativeRounding.roundings(SINGLE_ROUNDINGS, type).and(RelativeRounding.roundings(n + 8));

/** The rounding of the largest norm of rows of d numbers in a pass. */
const ofNorm = (d: number, type: NumberType): RelativeRounding => RelativeRounding.roundings(d + 8, type);

/** The errors of sums of products of given sizes, after so many operations. */
const errorsOf = (sizes: Float64Array, operations: number, type: NumberType): Float64Array =>
	sizes.map((size) => Quantity.sumOfProducts(size, operations, type).total);
