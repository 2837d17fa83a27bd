import { type Matrix, unitRoundoff } from "@attgrad/matrix-core";
import { normUp } from "../../../error-bound/index.ts";
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
	/** cs: rounding of a term of a row's sums. */
	readonly sums: number;
	/** η - 1: true entries are ω e^s within this, s and ω as stored. */
	readonly scoreError: number;
	/** Added to each ‖v‖² and ‖k‖² before their sums are used: what those lose below the normal range. */
	readonly addedSquares: { readonly values: number; readonly keys: number };
	/** H_i with the fixed part of what outputs are rounded by, for the method's part, and ‖H‖². */
	readonly halfRange: Float64Array;
	readonly halfRangeSquare: number;
	/** max W_b over max ‖column of the query map‖: by how much L1 counts more than a norm in the frame. */
	readonly keyRatio: number;
	/**
	 * Rounding of a row, as parts of a key's span: (1 + τ) growth · (constant + Σ |o_i| output_i + outputSquare Σ o_i² +
	 * Σ |c_i| residual_i + product Σ |c_i o_i|), and rest + Σ |c_i| restResidual_i.
	 */
	readonly rounding: {
		readonly constant: number;
		readonly output: Float64Array;
		readonly outputSquare: number;
		readonly residual: Float64Array;
		readonly product: number;
		readonly rest: number;
		readonly restResidual: Float64Array;
		/** 1.5 (H_i + 1.5 H_i): sizes of c' against values. */
		readonly size: Float64Array;
	};
}

/** Covers numbers of single precision that bounds are made from. */
export const slackOf = (dtype: "f64" | "f32"): number => (dtype === "f64" ? 1 + 1e-9 : 1 + 1e-4);

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
	const { gradient, rows, states, sums: cs } = counts;
	const mass = 1.5;
	const O = H.map((half) => mass * half);
	// Sums are off by this relative to their terms; outputs by growth · that of (valueMean + |o|), and by what is fixed.
	const relative = cs / (1 - LIMITS.rounding);
	const fixed = O.map((o, i) => states * o + mass * roundings.value[i]);
	const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, value, i) => sum + value * y[i], 0);
	const against = H.map((half, i) => half + O[i]);
	const map = Math.max(...columnNorms(space.frame.queryMap));
	const rounded = cs + (d + 8) * unitRoundoff(dtype) + powerSumsOf(degree) * unitRoundoff("f64");
	const underflow = underflowOf({ profile, space }, degree, rounded);
	const range = H.map((half, i) => half + 6 * fixed[i]);
	return {
		d,
		form,
		degree,
		sumError: rounded + underflow.sums,
		sums: cs + underflow.sums,
		scoreError: Math.expm1(scoreError + underflow.score),
		addedSquares: { values: underflow.valueSquares, keys: underflow.keySquares },
		halfRange: range,
		halfRangeSquare: dot(range, range),
		keyRatio: Math.max(...keyHalfRange) / map,
		rounding: {
			constant:
				relative *
				dot(
					valueMean,
					H.map((half, i) => half + 0.02 * valueMean[i]),
				),
			output: H.map((half, i) => relative * (half + 1.04 * valueMean[i])),
			outputSquare: 1.02 * relative,
			residual: H.map((half, i) => (relative + gradient) * valueMean[i] + relative * half),
			product: 2 * relative + gradient,
			rest: mass * dot(fixed, against),
			restResidual: fixed.map(
				(error, i) =>
					mass * (states * against[i] + roundings.value[i] + error + (d + 1) * states * O[i]) +
					(rows + 2 * states) * mass * against[i],
			),
			size: against.map((size) => mass * size),
		},
	};
}

/** At least ‖M e_b‖ of each column b. */
export const columnNorms = (M: Matrix): Float64Array =>
	Float64Array.from({ length: M.cols }, (_, b) => normUp(Float64Array.from({ length: M.rows }, (_, i) => M.at(i, b))));
