import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, Matrix, maxAbs, type RowSource } from "@attgrad/matrix-core";
import { InputRounding, maxUp } from "../../error-bound/index.ts";
import { largestEntry } from "../../rows/largest-entry.ts";
import type { ColumnRange } from "./column-range.ts";
import { type KeyRanges, type ProfileSums, plainSums } from "./profile-sums.ts";
import {
	type KeyNumbers,
	keysOf,
	type QueryNumbers,
	queriesOf,
	roundUp,
	SINGLE_ROUNDINGS,
	sumOver,
	u,
	type ValueNumbers,
	valuesOf,
} from "./row-numbers.ts";

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

/** @throws ComputationError (invalid) where the scores overflow, which no polynomial can approximate */
function requireFinite(score: number): void {
	if (score - score !== 0)
		throw new ComputationError("invalid", "polynomial: the scores overflow, |A1 X| |A2| · scale is beyond 1e308");
}

/** The largest of -<q, meanKey> over the box of the centred queries. */
const deficit = (meanKey: Float64Array, queries: ColumnRange, centre: Float64Array): number =>
	sumOver(meanKey.length, (i) =>
		Math.max(-meanKey[i] * (queries.min[i] - centre[i]), -meanKey[i] * (queries.max[i] - centre[i])),
	);
