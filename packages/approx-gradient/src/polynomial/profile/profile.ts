import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	ColumnShift,
	ComputationError,
	type Dtype,
	Matrix,
	maxAbs,
	type RowSource,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { InputRounding, maxUp, normUp } from "../../error-bound/index.ts";
import { largestEntry } from "../../rows/largest-entry.ts";
import { largestRadius } from "../families/family.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import type { ColumnRange } from "./column-range.ts";
import { type CentredKeys, type CentredQueries, type KeyRanges, type ProfileSums, plainSums } from "./profile-sums.ts";

/**
 * The numbers of a problem that centres, radius and certificates are computed from: ranges, norms and means of its rows.
 * Arrays hold one number a column. Keys are k_l = A2_l - μ, queries q_j = scale · (A1 X)_j - ν, values h = A3 Y.
 */
export interface Profile {
	readonly n: number;
	readonly d: number;
	readonly scale: number;
	readonly dtype: Dtype;
	/** ν, and μ: midranges, or zero where that gives the smaller norm; μ is a shift that costs no digits (`ColumnShift`) where scores may reach 700. */
	readonly queryCentre: Float64Array;
	readonly keyCentre: Float64Array;
	/** max ‖q_j‖ and max ‖k_l‖, rounded up. */
	readonly queryNorm: number;
	readonly keyNorm: number;
	/** max |q_ji| and max |k_li|. */
	readonly queryReach: Float64Array;
	readonly keyReach: Float64Array;
	/** W_b, half the range of A2_{·b}. */
	readonly keyHalfRange: Float64Array;
	/** H_i, half the range of h_{·i}. */
	readonly valueHalfRange: Float64Array;
	/** η, the middle of that range. */
	readonly valueCentre: Float64Array;
	/** Σ ω_l |h_li - η_i| / Σ ω_l with the weights ω_l = e^<ν, k_l>. */
	readonly valueMean: Float64Array;
	/** At least every log(Σ ω_l / Σ ω_l e^<q_j, k_l>): minus the least <q_j, mean key>, by convexity (paper.md 7.4). */
	readonly deficit: number;
	/** Σ_j |A1_ja|. */
	readonly inputSums: Float64Array;
	/** d x d: entry (a, i) is at least Σ_j |A1_ja| |c_ji|, known from E and the range of h. */
	readonly residualSums: Matrix;
	/** Bounds on the rounding error of q (norm), k (norm), each column of h, and the exponents of ω. */
	readonly roundings: { query: number; key: number; value: Float64Array; exponent: number };
	/** Largest entries of A1, X, A3 and Y. */
	readonly largest: { inputs: number; X: number; valueInputs: number; Y: number };
	/** max_j scale · Σ_a |A1_ja X_ab|. */
	readonly queryProducts: Float64Array;
	/** The effect of rounding the given numbers to the problem's type, where they were rounded. */
	readonly given: InputRounding | undefined;
}

/** Spread of the exponents of ω up to which no weight underflows, with room for its products with values. */
const EXPONENT_SPREAD = { f64: 300, f32: 40 } as const;

/** u of the double precision in which the polynomial's passes prepare rows, whatever the problem's number type; those of a profile may be coarser. */
const u = unitRoundoff("f64");

/**
 * Gathers the profile of a problem in two passes over keys and values and two over queries and targets; keys and
 * queries each get the better of midrange centre and none. Queries stay uncentred where weights ω would underflow.
 * Cost O(n d²), memory O(d²) beside the row blocks.
 * @param sums goes over the rows; default: in plain TypeScript
 */
export async function profileOf(
	problem: AttentionProblem<RowSource>,
	sums: ProfileSums = plainSums(problem),
): Promise<Profile> {
	const { n, d, scale } = problem;
	const ranges = await sums.keyRanges();
	const values = valuesOf(problem, ranges);
	const queries = await queriesOf(problem, sums, ranges, values.centre);
	const keys = await keysOf(problem.A2, sums, ranges, queries, values.centre);
	requireFinite(queries.norm * keys.norm);
	const largest = {
		inputs: maxUp(queries.inputSizes),
		X: maxAbs(problem.X),
		valueInputs: maxUp(ranges.inputSizes),
		Y: maxAbs(problem.Y),
	};
	return {
		...{ n, d, scale, dtype: problem.A1.dtype, largest },
		queryProducts: queries.products,
		given: givenRounding(problem, largest, values, keys),
		queryCentre: queries.centre,
		keyCentre: keys.centre,
		queryNorm: queries.norm,
		keyNorm: keys.norm,
		queryReach: queries.reach,
		keyReach: keys.reach,
		keyHalfRange: ranges.range.half(),
		valueHalfRange: values.halfRange,
		valueCentre: values.centre,
		...weightedMeans(n, ranges, values, queries, keys),
		...residualBounds(d, queries, values),
		roundings: {
			query: u * ((d + 3) * Math.hypot(...queries.products) + 2 * queries.norm),
			key: keys.isMoved ? u * keys.norm : 0,
			value: values.rounding,
			exponent: exponentError(queries, keys.reach, u),
		},
	};
}

/** The values h of a problem; one number a column. */
interface ValueNumbers {
	/** At least max_l Σ_a |A3_la Y_ai|. */
	readonly sizes: Float64Array;
	readonly centre: Float64Array;
	/** Half the range, with the rounding. */
	readonly halfRange: Float64Array;
	readonly rounding: Float64Array;
}

function valuesOf({ d, Y }: AttentionProblem<RowSource>, keys: KeyRanges): ValueNumbers {
	const sizes = productSizes(keys.inputSizes, Y);
	const range = keys.values.widened(sizes.map((size) => (d + 3) * keys.unit * size));
	const rounding = sizes.map((size) => (d + 2) * u * size);
	return { sizes, centre: range.middle(), halfRange: range.half().map((half, i) => half + rounding[i]), rounding };
}

/** The queries of a problem about their centre. */
interface QueryNumbers extends CentredQueries {
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

async function queriesOf(
	{ d, X, scale, A1: { dtype } }: AttentionProblem<RowSource>,
	sums: ProfileSums,
	keys: KeyRanges,
	valueCentre: Float64Array,
): Promise<QueryNumbers> {
	const queries = await sums.queryRanges();
	const products = productSizes(queries.inputSizes, X).map((size) => size * scale);
	const errors = products.map((size) => (d + 4) * queries.unit * size);
	const range = queries.range.widened(errors);
	const middle = range.middle();
	const centred = await sums.centredQueries(middle, valueCentre);
	const spread = sumOver(d, (b) => 2 * Math.abs(middle[b]) * keys.range.half()[b]);
	const plainNorm = normWithin(queries.norm, range.reach(new Float64Array(d)));
	const centredNorm = normWithin(centred.norm, range.reach(middle));
	const isMoved = centredNorm < plainNorm && spread <= EXPONENT_SPREAD[dtype];
	const centre = isMoved ? middle : new Float64Array(d);
	const norm = roundUp(isMoved ? centredNorm : plainNorm) + Math.hypot(...errors);
	return {
		...{ ...centred, inputSizes: queries.inputSizes, products, range },
		...{ centre, isMoved, norm, reach: range.reach(centre) },
	};
}

/** The keys of a problem about their centre, and means with the weights ω. */
interface KeyNumbers extends CentredKeys {
	readonly centre: Float64Array;
	readonly isMoved: boolean;
	/** max ‖k_l‖ about the centre, rounded up. */
	readonly norm: number;
	readonly reach: Float64Array;
	/** The rounding of a key less its midrange, or less the shift in its place. */
	readonly errors: Float64Array;
}

async function keysOf(
	A2: RowSource,
	sums: ProfileSums,
	{ range, norm }: KeyRanges,
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
	const errors = middle.map((x) => weighted.unit * Math.abs(x));
	const moved = roundUp(isMoved ? centredNorm : plainNorm) + (isMoved ? Math.hypot(...errors) : 0);
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

/** The error of the exponents of ω where numbers have a unit roundoff. */
const exponentError = ({ isMoved, centre }: QueryNumbers, keyReach: Float64Array, unit: number): number => {
	const d = centre.length;
	return isMoved ? (d + 4) * unit * (2 + sumOver(d, (b) => 3 * Math.abs(centre[b]) * keyReach[b])) : 0;
};

/** The deficit and the mean of the values, which the weights ω are in. */
function weightedMeans(
	n: number,
	{ range }: KeyRanges,
	values: ValueNumbers,
	queries: QueryNumbers,
	keys: KeyNumbers,
): Pick<Profile, "deficit" | "valueMean"> {
	const d = keys.mean.length;
	// Relative error of a sum with weights: the exponents, exp (2 ulp), terms and sums as in roundUp, and the sum over all rows in double precision.
	const weightError =
		Math.expm1(exponentError(queries, keys.reach, keys.unit)) + (4 + SINGLE_ROUNDINGS) * keys.unit + n * u;
	const meanError = range.half().map((half, b) => 4 * weightError * half + keys.errors[b]);
	const meanKey = keys.mean.map((mean, b) => mean - keys.centre[b]);
	return {
		valueMean: keys.valueMean.map(
			(mean, i) => roundUp(mean) * (1 + 3 * weightError) + (d + 4) * keys.unit * values.sizes[i] + values.rounding[i],
		),
		deficit:
			deficit(meanKey, queries.range, queries.centre) + sumOver(d, (b) => meanError[b] * queries.reach[b]) + 1e-9,
	};
}

/** Bounds on sums over queries: |A1|, and |A1| |c| from E and the range of h. */
function residualBounds(
	d: number,
	queries: QueryNumbers,
	values: ValueNumbers,
): Pick<Profile, "inputSums" | "residualSums"> {
	const { unit } = queries;
	const inputSums = queries.inputSums.map((sum) => roundUp(sum, unit));
	const residualSums = Matrix.build(d, d, (a, i) =>
		roundUp(
			queries.targetSums.at(a, i) + inputSums[a] * (values.halfRange[i] + 2 * unit * Math.abs(values.centre[i])),
			unit,
		),
	);
	return { inputSums, residualSums };
}

function givenRounding(
	{ scale, A1, E, roundedFrom }: AttentionProblem<RowSource>,
	largest: Profile["largest"],
	values: ValueNumbers,
	keys: KeyNumbers,
): InputRounding | undefined {
	return InputRounding.of(A1.dtype, roundedFrom, () => ({
		scale,
		...largest,
		targets: largestEntry(E),
		keys: keys.reach.map((reach, b) => reach + Math.abs(keys.centre[b])),
		keySpan: keys.reach,
		valueProducts: values.sizes,
		valueHalf: values.halfRange,
		valueCentre: values.centre,
	}));
}

/** A norm whose squares stayed in the normal range, otherwise the norm of what the coordinates reach. */
const normWithin = (norm: number, reach: Float64Array): number =>
	norm > 1e-140 && norm < 1e150 ? norm : normUp(reach);

/** @throws ComputationError (invalid) where the scores overflow, which no polynomial can approximate */
function requireFinite(score: number): void {
	if (score - score !== 0)
		throw new ComputationError("invalid", "polynomial: the scores overflow, |A1 X| |A2| · scale is beyond 1e308");
}

const sumOver = (d: number, term: (b: number) => number): number => {
	let sum = 0;
	for (let b = 0; b < d; b++) sum += term(b);
	return sum;
};

/** Σ_a sizes_a |M_ai| for each column i: at least every sum of the sizes of the terms of a row's product with M. */
export const productSizes = (sizes: Float64Array, M: Matrix): Float64Array =>
	sizes.map((_, i) => sumOver(sizes.length, (a) => sizes[a] * Math.abs(M.at(a, i))));

/** Roundings of a term and of a sum over the rows that a profile adds up in single precision. */
const SINGLE_ROUNDINGS = 2 * kernelConstants.SINGLE_PAIRS + 16;

/** Covers the rounding of a norm, and of a sum of up to 10^9 positive numbers: in double precision, but for its terms and sums over a few of them, of that unit. */
const roundUp = (x: number, unit = u): number => x * (1 + 1e-6 + SINGLE_ROUNDINGS * unit);

/** The largest of -<q, meanKey> over the box of the centred queries. */
const deficit = (meanKey: Float64Array, queries: ColumnRange, centre: Float64Array): number =>
	sumOver(meanKey.length, (i) =>
		Math.max(-meanKey[i] * (queries.min[i] - centre[i]), -meanKey[i] * (queries.max[i] - centre[i])),
	);
