import type { Dtype } from "@attgrad/matrix-core";
import { numberTypes, plus, RelativeRounding, sumUp, times } from "../../error-bound/index.ts";
import type { FeatureSpace } from "../method/feature-space.ts";
import type { Profile } from "../profile/profile.ts";
import { FEATURES_AT_ONCE } from "../routes/block-operations.ts";
import { rowsOfBlock } from "../routes/block-size.ts";
import type { Route } from "../routes/route.ts";
import { outer } from "./forms/residual-form.ts";
import type { ErrorForm, RowFacts } from "./forms/row-facts.ts";

/**
 * How much rounding can change a term of a route's sums, relative to its size: the roundings it goes through, each of the unit
 * of its number type. A kernel that sums in another order or type has counts of its own. Underflow is in `underflowForm`,
 * rounding of the input in `inputForm`.
 */
export interface RoundingCounts {
	/** A term w_α q^α k^α ω h' of Σ_l Ã_jl h'_l. */
	readonly sums: RelativeRounding;
	/** A term of Ĝ_j. */
	readonly gradient: RelativeRounding;
	/** A term A1_ja Ĝ_jb of the gradient. */
	readonly rows: RelativeRounding;
	/** One step of the arithmetic on a row's outputs, residuals and cotangents. */
	readonly states: RelativeRounding;
}

/** Roundings of sums, which the plain TypeScript routes hold in double precision whatever the number type. */
const inSums = (count: number): RelativeRounding => RelativeRounding.roundings(count);

/** The counts of the plain TypeScript routes (`block-operations.ts`). */
export function roundingCounts(
	route: Route,
	{ n, d, dtype }: { n: number; d: number; dtype: Dtype },
	{ size, raisedSize, degree }: { size: number; raisedSize: number; degree: number },
): RoundingCounts {
	const stored = (count: number): RelativeRounding => RelativeRounding.roundings(count, numberTypes[dtype]);
	const blockRows = rowsOfBlock(route.memory(size, raisedSize, d).row, dtype);
	// Rows in blocks of their degree leave up to a block a degree that is not full.
	const overRows = inSums(blockRows + Math.ceil(n / blockRows) + degree + 3);
	const overFeatures = inSums(FEATURES_AT_ONCE + Math.ceil(size / FEATURES_AT_ONCE) + 2);
	// Features of keys and queries (degree products each), weighted values, moments, weighted features; the weights.
	const sums = stored(2 * degree + 4)
		.and(overRows)
		.and(overFeatures)
		.and(inSums(2 * degree + 6));
	const gradient = {
		// One key coordinate and product more in raised features; c', t and its sum over d + 1 columns; the frame taken back.
		moment: stored(4)
			.and(overFeatures)
			.and(inSums(2 * d + 8)),
		// Adjoints: each step down the tree is a product and up to d additions, stored; then a sum over all nodes.
		reverse: stored(3 + degree * (d + 2)).and(inSums(size + 2 * d + 8)),
		// Columns of both sides, the sum over queries, and the joined sum over features and d + 1 columns.
		paper: stored(3)
			.and(overRows)
			.and(overFeatures.repeated(d + 1))
			.and(inSums(12)),
	}[route.name];
	return { sums, gradient: sums.and(gradient), rows: overRows.and(inSums(d + 4)), states: inSums(2) };
}

/** The counts with c roundings of unit u taken as √c u, as if they were independent: for estimates, not for proofs. */
export function probableCounts({ sums, gradient, rows, states }: RoundingCounts, unit: number): RoundingCounts {
	const probable = ({ sum }: RelativeRounding) => RelativeRounding.proven(unit * Math.sqrt(sum / unit));
	return { sums: probable(sums), gradient: probable(gradient), rows: probable(rows), states };
}

/** Bounds on the rounding errors of a row's outputs o_ji and residuals c_ji, from their computed sizes. */
export function rowRounding(
	{ valueMean, roundings }: Profile,
	counts: RoundingCounts,
	growth: number,
	mass: number,
	outputs: Float64Array,
	residuals: Float64Array,
): { outputs: Float64Array; residuals: Float64Array } {
	const relative = counts.sums.ofSum(growth).bound;
	const states = counts.states.bound;
	const outputError = outputs.map((output, i) =>
		plus(times(relative, plus(valueMean[i], output)), plus(times(states, output), times(mass, roundings.value[i]))),
	);
	return {
		outputs: outputError,
		residuals: outputError.map((error, i) => plus(error, times(states, residuals[i]))),
	};
}

/**
 * The part of the error that rounding makes, beyond what it does to the scores: a forward analysis of the route, every
 * sum bounded by the number of roundings of its terms times the sum of their sizes. `mass` is at least Σ_l |f̃_jl|,
 * `gradientMass` the same for the weights that Ĝ is made with, where that is known.
 */
export function roundingForm(
	profile: Profile,
	space: FeatureSpace,
	counts: RoundingCounts,
	mass: (l1: number) => number,
	gradientMass: (l1: number) => number,
): ErrorForm {
	const { d, scale, valueHalfRange: H, valueMean, roundings } = profile;
	const ofCorrection = counts.states.repeated(d + 1).bound;
	const ofSpan = new Float64Array(d);
	const ofError = new Float64Array(d);
	return {
		add({ inputs, residuals, outputs, growth, l1 }: RowFacts, count = 1) {
			const plain = mass(l1);
			const heavy = Math.min(growth, gradientMass(l1));
			const errors = rowRounding(profile, counts, growth, plain, outputs, residuals);
			// Sizes of c' against h': largest, mean, and how far c' and r are off.
			let [correction, correctionError, largest, mean, moved] = [0, 0, 0, 0, 0];
			for (let i = 0; i < d; i++) {
				const [c, o] = [residuals[i], outputs[i]];
				const [dc, od] = [errors.residuals[i], errors.outputs[i]];
				correction = plus(correction, times(c, o));
				correctionError = sumUp([
					correctionError,
					times(dc, plus(o, od)),
					times(c, od),
					times(times(ofCorrection, c), o),
				]);
				largest = plus(largest, times(c, H[i]));
				mean = plus(mean, times(c, valueMean[i]));
				moved = plus(moved, plus(times(dc, H[i]), times(c, roundings.value[i])));
			}
			const [light, full] = [times(growth, plus(mean, correction)), times(heavy, plus(largest, correction))];
			// The quotient by D, the sum over rows and two steps on the row.
			const quotient = counts.sums.ofSum(growth).and(counts.rows).and(counts.states.repeated(2)).bound;
			const terms = times(counts.gradient.bound, light);
			const row = sumUp([times(heavy, plus(moved, correctionError)), terms, times(quotient, Math.min(light, full))]);
			for (let a = 0; a < d; a++) {
				if (inputs[a] === 0) continue;
				const size = times(count, inputs[a]);
				ofSpan[a] = plus(ofSpan[a], times(size, row));
				ofError[a] = plus(ofError[a], times(size, full));
			}
		},
		bounds() {
			const spans = outer(ofSpan, space.keySpan, scale);
			const errors = outer(ofError, space.keyError, scale);
			// Second-order terms: rows whose relative error is above 1/2 are infinite already.
			return spans.map((span, at) => times(1.01, plus(span, errors[at])));
		},
	};
}
