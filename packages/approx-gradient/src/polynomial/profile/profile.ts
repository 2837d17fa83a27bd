import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, Matrix, maxAbs, type RowSource } from "@attgrad/matrix-core";
import {
	dotUp,
	expUp,
	InputRounding,
	maxUp,
	type NumberType,
	normUp,
	plus,
	Quantity,
	RelativeRounding,
	sumUp,
	times,
} from "../../error-bound/index.ts";
import type { ColumnRange } from "../../rows/column-range.ts";
import { largestEntry } from "../../rows/largest-entry.ts";
import { type KeyRanges, type ProfileSums, plainSums } from "./profile-sums.ts";
import {
	type KeyNumbers,
	keysOf,
	ofRowSums,
	prepared,
	type QueryNumbers,
	queriesOf,
	sumOver,
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
		...residualBounds(n, d, queries, values),
		roundings: {
			query: plus(
				Quantity.sumOfProducts(normUp(queries.products), d + 3).total,
				Quantity.sumOfProducts(queries.norm, 2).total,
			),
			key: keys.isMoved ? times(prepared.unit, keys.norm) : 0,
			value: values.rounding,
			exponent: exponentOf(queries, keys.reach, prepared).total,
		},
	};
}

/** The exponents of ω, <ν, k_l>, in a number type: a centre is off by its own rounding and by that of a key. */
const exponentOf = ({ isMoved, centre }: QueryNumbers, keyReach: Float64Array, type: NumberType): Quantity => {
	const sizes = dotUp(centre.map(Math.abs), keyReach);
	return isMoved ? Quantity.sumOfProducts(plus(2, times(3, sizes)), centre.length + 4, type) : Quantity.exactly(0);
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
	const { type } = keys;
	const exponents = dotUp(queries.centre.map(Math.abs), keys.reach);
	// A sum with weights: the exponents, exp (2 ulp) and the products, then the sum over all rows.
	const weights = RelativeRounding.exponential(exponentOf(queries, keys.reach, type), type).and(ofRowSums(n, type));
	// Of a product ω x below the normal range, over the least ω.
	const lost = times(type.tiny, expUp(exponents));
	const meanError = range.half().map((half, b) => sumUp([times(times(4, weights.bound), half), keys.errors[b], lost]));
	const meanKey = keys.mean.map((mean, b) => mean - keys.centre[b]);
	const sizes = dotUp(meanKey.map(Math.abs), queries.reach);
	return {
		// The quotient of two such sums, which is rounded too; values are off by the pass's roundings, and by those of the later ones.
		valueMean: keys.valueMean.map((mean, i) =>
			sumUp([
				weights.repeated(3).atLeast(plus(mean, lost)),
				Quantity.sumOfProducts(values.sizes[i], d + 4, type).total,
				values.rounding[i],
			]),
		),
		// The logarithm of two sums of weights is off by what these are.
		deficit:
			deficit(meanKey, queries.range, queries.centre) +
			sumUp([dotUp(meanError, queries.reach), Quantity.sumOfProducts(sizes, d + 4).total, weights.bound]),
	};
}

/** Bounds on sums over queries: |A1|, and |A1| |c| from E and the range of h. */
function residualBounds(
	n: number,
	d: number,
	queries: QueryNumbers,
	values: ValueNumbers,
): Pick<Profile, "inputSums" | "residualSums"> {
	const { type } = queries;
	const ofSums = ofRowSums(n, type);
	const inputSums = queries.inputSums.map((sum) => ofSums.atLeast(sum));
	// E − η is rounded, and a product |A1| |E − η| may be below the normal range.
	const largest = values.halfRange.map((half, i) => plus(half, times(2 * type.unit, Math.abs(values.centre[i]))));
	const lost = times(n, type.tiny);
	const residualSums = Matrix.build(d, d, (a, i) =>
		plus(ofSums.atLeast(plus(queries.targetSums.at(a, i), lost)), times(inputSums[a], largest[i])),
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
		keys: keys.reach.map((reach, b) => plus(reach, Math.abs(keys.centre[b]))),
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
