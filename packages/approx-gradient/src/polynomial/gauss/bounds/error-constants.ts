import type { Matrix } from "@attgrad/matrix-core";
import {
	dotUp,
	expm1Up,
	expUp,
	leastRest,
	maxUp,
	normUp,
	numberTypes,
	over,
	plus,
	RelativeRounding,
	sumUp,
	times,
} from "../../../error-bound/index.ts";
import type { RoundingCounts } from "../../certificates/rounding.ts";
import type { Method } from "../../method/approximation.ts";
import { powerSumsOf } from "../row-polynomial.ts";
import { LIMITS } from "./limits.ts";
import { underflowOf } from "./underflow.ts";

/** Key columns beside values and ones, and the row errors that they prove. */
export type RowForm = "l1" | "v2" | "vd";

/** The constants in the error of a row: the same for all rows of a run. */
export interface ErrorConstants {
	readonly d: number;
	readonly form: RowForm;
	/** g. */
	readonly degree: number;
	/** Relative error of power sums, and of those of the columns of squares, with what they lose below the normal range. */
	readonly sumError: number;
	/** The part of `sumError` that is lost below the normal range. */
	readonly lostSums: number;
	/** cs: rounding of a term of a row's sums. */
	readonly sums: number;
	/** The most that rounding may move a row's sums by, as a part of its normaliser; other rows are exact. */
	readonly roundingLimit: number;
	/** The largest radius of a row that is not exact. */
	readonly radiusLimit: number;
	/**
	 * Set where monomials of high degree are in single precision. Terms of powers of scores from `from` on have the rounding `sums`; those of lower powers
	 * are in double precision and have at most `share` of it. `power`: as of `termPower`.
	 */
	readonly single?: { readonly from: number; readonly share: number; readonly power: number };
	/** η - 1: true entries are ω e^s within this, s and ω as stored. */
	readonly scoreError: number;
	/** Added to each ‖v‖² and ‖k‖² before their sums are used: what those lose below the normal range. */
	readonly addedSquares: { readonly values: number; readonly keys: number };
	/** H_i with the fixed part of what outputs are rounded by, for the method's part, and ‖H‖². */
	readonly halfRange: Float64Array;
	readonly halfRangeSquare: number;
	/** At least ‖k_l‖ in the frame. */
	readonly keyNorm: number;
	/** At least every |k_b| in the frame. */
	readonly keyReach: Float64Array;
	/** By how much the computed Σ ω (1 + s) v_i k_b may be off beyond `sumError`, as a part of its terms: scores, values and what is below the normal range. */
	readonly covarianceError: number;
	/** max W_b over max ‖column of the query map‖: by how much L1 counts more than a norm in the frame. */
	readonly keyRatio: number;
	/**
	 * Rounding of a row, as parts of a key's span: (1 + τ) growth · (constant + Σ |o_i| output_i + outputSquare Σ o_i² +
	 * Σ |c_i| residual_i + product Σ |c_i o_i|), and rest + Σ |c_i| restResidual_i. Where the row's covariances are known (`CovarianceBound`), the first part is
	 * (1 + τ) growth · (Σ |c_i| (mean_i + term |o_i|) + the largest known_b · |what states do in coordinate b|) if that is less.
	 */
	readonly rounding: {
		readonly constant: number;
		readonly output: Float64Array;
		readonly outputSquare: number;
		readonly residual: Float64Array;
		readonly product: number;
		readonly term: number;
		readonly mean: Float64Array;
		readonly known: Float64Array;
		readonly rest: number;
		readonly restResidual: Float64Array;
		/** 1.5 (H_i + 1.5 H_i): sizes of c' against values. */
		readonly size: Float64Array;
	};
}

/**
 * The rounding of the totals of a run: terms of rows in plain numbers, on kernels of the number type of the problem, over a panel's run in
 * that type and over n rows in double precision.
 */
export const roundingOfTotals = (dtype: "f64" | "f32", n: number): RelativeRounding =>
	RelativeRounding.proven(dtype === "f64" ? 1e-9 : 1e-4).and(RelativeRounding.roundings(n));

/**
 * The constants for a method at a degree. The rounding of a row follows `certificates/rounding.ts` with |õ - η| <= (1 + τ) H and
 * τ <= 1/2, which a row has whose κ is below a quarter, and with sums off by at most a hundredth: what is computed of outputs
 * and residuals stands for what is true of them.
 */
export function errorConstants(
	{ profile, space }: Pick<Method, "profile" | "space">,
	degree: number,
	form: RowForm,
	counts: RoundingCounts,
	scoreError: number,
): ErrorConstants {
	const { d, dtype, valueHalfRange: H, valueMean, roundings, keyHalfRange } = profile;
	const [cs, gradient, rows, states] = [counts.sums, counts.gradient, counts.rows, counts.states].map(
		(count) => count.bound,
	);
	const mass = 1.5;
	const O = H.map((half) => times(mass, half));
	// Sums are off by this relative to their terms; outputs by growth · that of (valueMean + |o|), and by what is fixed.
	const relative = over(cs, leastRest(1, LIMITS.rounding));
	const fixed = O.map((o, i) => plus(times(states, o), times(mass, roundings.value[i])));
	const against = H.map((half, i) => plus(half, O[i]));
	const map = maxUp(columnNorms(space.frame.queryMap));
	const rounded = counts.sums
		.and(RelativeRounding.roundings(d + 8, numberTypes[dtype]))
		.and(RelativeRounding.roundings(powerSumsOf(degree))).bound;
	const underflow = underflowOf({ profile, space }, degree, rounded);
	const range = H.map((half, i) => plus(half, times(6, fixed[i])));
	const ofMean = (factor: number) => H.map((half, i) => plus(half, times(factor, valueMean[i])));
	return {
		d,
		form,
		degree,
		sumError: plus(rounded, underflow.sums),
		lostSums: underflow.sums,
		sums: plus(cs, underflow.sums),
		roundingLimit: LIMITS.rounding,
		radiusLimit: LIMITS.radius,
		scoreError: expm1Up(plus(scoreError, underflow.score)),
		addedSquares: { values: underflow.valueSquares, keys: underflow.keySquares },
		halfRange: range,
		halfRangeSquare: dotUp(range, range),
		keyNorm: space.keyNorm,
		keyReach: space.keyReach,
		covarianceError: covarianceError({ profile, space }, scoreError, range, fixed),
		keyRatio: over(maxUp(keyHalfRange), map),
		rounding: {
			constant: times(relative, dotUp(valueMean, ofMean(0.02))),
			output: ofMean(1.04).map((size) => times(relative, size)),
			outputSquare: times(1.02, relative),
			residual: H.map((half, i) => plus(times(plus(relative, gradient), valueMean[i]), times(relative, half))),
			product: plus(times(2, relative), gradient),
			...roundingOfTerms({ profile, space }, range, relative, gradient),
			rest: times(mass, dotUp(fixed, against)),
			restResidual: fixed.map((error, i) =>
				times(
					mass,
					sumUp([
						times(plus(rows, times(3, states)), against[i]),
						roundings.value[i],
						error,
						times(times(d + 1, states), O[i]),
					]),
				),
			),
			size: against.map((size) => times(mass, size)),
		},
	};
}

/**
 * The constants of the rounding of a row whose covariances are known. With f̃ = ωP/D and outputs, residuals and normaliser as computed, a gradient is off by the
 * rounding of its own terms; and by what the errors of those numbers do, δo_i <= relative growth (mean_i + |o_i|) and the same part of D, which is
 *
 *     relative growth ( |Ĝ_b| + Σ_i (mean_i + |o_i|) |Cov_f̃(v_i, k_b)| + Σ_i |c_i| (mean_i + |o_i|) |E_f̃ k_b| ).
 *
 * With the computed Ĝ and c this leaves no terms of second order. Sums are off by a hundredth at most, which 1.02 and 1.05 cover where a true number
 * stands for a computed one.
 */
function roundingOfTerms(
	{ profile: { valueMean, d }, space: { frame, keySpan } }: Pick<Method, "profile" | "space">,
	range: Float64Array,
	relative: number,
	gradient: number,
): Pick<ErrorConstants["rounding"], "term" | "mean" | "known"> {
	const term = times(1.02, gradient);
	const isDiagonal = frame.queryMap.data.every((x, at) => x === 0 || at % (d + 1) === 0);
	// Bounds take H_i for the mean: a column of one value has a mean that is all rounding.
	const ofRange = Math.max(1, maxUp(valueMean.map((mean, i) => (mean === 0 ? 0 : over(mean, range[i])))));
	const sizes = columnNorms(frame.queryMap);
	return {
		term,
		mean: valueMean.map((mean) => times(term, mean)),
		known: sizes.map((size, b) =>
			isDiagonal ? times(times(times(1.05, relative), ofRange), over(size, keySpan[b])) : Number.POSITIVE_INFINITY,
		),
	};
}

/** The constants of the rows of small reach, at one degree less. Of their terms one power more is in single precision. */
export const lowerConstants = (constants: ErrorConstants): ErrorConstants => {
	const { degree, single } = constants;
	const lower = { ...constants, degree: degree - 1 };
	return single === undefined ? lower : { ...lower, single: { ...single, from: single.from - 1 } };
};

/** Products of values and keys have some more roundings below the normal range than this, each times a weight of at least e^(-2 shift). */
const LOST_ROUNDINGS = 1e4;

function covarianceError(
	{ profile, space }: Pick<Method, "profile" | "space">,
	scoreError: number,
	range: Float64Array,
	fixed: Float64Array,
): number {
	const { d, dtype } = profile;
	const values = range.reduce((least, x) => Math.min(least, x), 1);
	const keys = space.keyReach.reduce((least, x) => Math.min(least, x), 1);
	const products = values * keys * keys;
	if (!(products >= numberTypes.f64.tiny)) return Number.POSITIVE_INFINITY;
	const lost = over(times(times(LOST_ROUNDINGS * d, numberTypes[dtype].tiny), expUp(2 * space.frame.shift)), products);
	return sumUp([scoreError, times(4, maxUp(fixed.map((error, i) => over(error, range[i])))), lost]);
}

/** At least ‖M e_b‖ of each column b. */
export const columnNorms = (M: Matrix): Float64Array =>
	Float64Array.from({ length: M.cols }, (_, b) => normUp(Float64Array.from({ length: M.rows }, (_, i) => M.at(i, b))));
