import type { AttentionProblem } from "@attgrad/attention-problem";

import { ComputationError, type Dtype, Matrix, maxAbs, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { InputRounding, maxUp, normUp } from "../../error-bound/index.ts";
import { largestEntry } from "../../rows/largest-entry.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import type { ColumnRange } from "./column-range.ts";
import { type ProfileSums, plainSums } from "./profile-sums.ts";

/**
 * The numbers of a problem that centres, radius and certificates are computed from: ranges, norms and means of its rows.
 * Arrays hold one number a column. Keys are k_l = A2_l - μ, queries q_j = scale · (A1 X)_j - ν, values h = A3 Y.
 */
export interface Profile {
	readonly n: number;
	readonly d: number;
	readonly scale: number;
	readonly dtype: Dtype;
	/** ν, and μ: midranges, or zero where that gives the smaller norm. */
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
	const { n, d, scale, X, Y } = problem;
	const dtype = problem.A1.dtype;
	const keys = await sums.keyRanges();
	const valueSizes = productSizes(keys.inputSizes, Y);
	const values = keys.values.widened(valueSizes.map((size) => (d + 3) * keys.unit * size));
	const valueCentre = values.middle();
	const queries = await sums.queryRanges();
	const querySizes = productSizes(queries.inputSizes, X).map((size) => size * scale);
	const queryErrors = querySizes.map((size) => (d + 4) * queries.unit * size);
	const queryRange = queries.range.widened(queryErrors);
	const queryMiddle = queryRange.middle();
	const centred = await sums.centredQueries(queryMiddle, valueCentre);
	const spread = sumOver(d, (b) => 2 * Math.abs(queryMiddle[b]) * keys.range.half()[b]);
	const plainQueries = normWithin(queries.norm, queryRange.reach(new Float64Array(d)));
	const centredQueries = normWithin(centred.norm, queryRange.reach(queryMiddle));
	const moveQueries = centredQueries < plainQueries && spread <= EXPONENT_SPREAD[dtype];
	const queryCentre = moveQueries ? queryMiddle : new Float64Array(d);
	const keyMiddle = keys.range.middle();
	const weighted = await sums.centredKeys(keyMiddle, queryCentre, valueCentre);
	const plainKeys = normWithin(keys.norm, keys.range.reach(new Float64Array(d)));
	const centredKeys = normWithin(weighted.norm, keys.range.reach(keyMiddle));
	const moveKeys = centredKeys < plainKeys;
	const keyCentre = moveKeys ? keyMiddle : new Float64Array(d);

	const queryNorm = roundUp(moveQueries ? centredQueries : plainQueries) + Math.hypot(...queryErrors);
	const moved = keyMiddle.map((middle) => weighted.unit * Math.abs(middle));
	const keyNorm = roundUp(moveKeys ? centredKeys : plainKeys) + (moveKeys ? Math.hypot(...moved) : 0);
	requireFinite(queryNorm * keyNorm);
	const queryReach = queryRange.reach(queryCentre);
	const keyReach = keys.range.reach(keyCentre);
	const valueRounding = valueSizes.map((size) => (d + 2) * u * size);
	const valueHalfRange = values.half().map((half, i) => half + valueRounding[i]);
	const inputSums = centred.inputSums.map((sum) => roundUp(sum, centred.unit));
	// Exponents of ω, as they are rounded where numbers have that unit roundoff.
	const exponentError = (unit: number): number =>
		moveQueries ? (d + 4) * unit * (2 + sumOver(d, (b) => 3 * Math.abs(queryCentre[b]) * keyReach[b])) : 0;
	// Relative error of a sum with weights: the exponents, exp (2 ulp), terms and sums as in roundUp, and the sum over all rows in double precision.
	const weightError = Math.expm1(exponentError(weighted.unit)) + (4 + SINGLE_ROUNDINGS) * weighted.unit + n * u;
	const meanError = keys.range.half().map((half, b) => 4 * weightError * half + moved[b]);
	const meanKey = weighted.mean.map((mean, b) => mean - keyCentre[b]);
	const largest = {
		inputs: maxUp(queries.inputSizes),
		X: maxAbs(X),
		valueInputs: maxUp(keys.inputSizes),
		Y: maxAbs(Y),
	};
	const given = InputRounding.of(dtype, problem.roundedFrom, () => ({
		scale,
		...largest,
		targets: largestEntry(problem.E),
		keys: keyReach.map((reach, b) => reach + Math.abs(keyCentre[b])),
		keySpan: keyReach,
		valueProducts: valueSizes,
		valueHalf: valueHalfRange,
		valueCentre,
	}));
	return {
		n,
		d,
		scale,
		dtype,
		largest,
		queryProducts: querySizes,
		given,
		queryCentre,
		keyCentre,
		queryNorm,
		keyNorm,
		queryReach,
		keyReach,
		keyHalfRange: keys.range.half(),
		valueHalfRange,
		valueCentre,
		valueMean: weighted.valueMean.map(
			(mean, i) => roundUp(mean) * (1 + 3 * weightError) + (d + 4) * weighted.unit * valueSizes[i] + valueRounding[i],
		),
		deficit: deficit(meanKey, queryRange, queryCentre) + sumOver(d, (b) => meanError[b] * queryReach[b]) + 1e-9,
		inputSums,
		residualSums: Matrix.build(d, d, (a, i) =>
			roundUp(
				centred.targetSums.at(a, i) + inputSums[a] * (valueHalfRange[i] + 2 * centred.unit * Math.abs(valueCentre[i])),
				centred.unit,
			),
		),
		roundings: {
			query: u * ((d + 3) * Math.hypot(...querySizes) + 2 * queryNorm),
			key: moveKeys ? u * keyNorm : 0,
			value: valueRounding,
			exponent: exponentError(u),
		},
	};
}

/** A norm whose squares stayed in the normal range, otherwise the norm of what the coordinates reach. */
const normWithin = (norm: number, reach: Float64Array): number =>
	norm > 1e-140 && norm < 1e150 ? norm : normUp(reach);

/** @throws ComputationError (invalid) where the scores overflow: no polynomial is of use there */
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
