import { type Dtype, unitRoundoff } from "@attgrad/matrix-core";
import type { FeatureSpace } from "../method/feature-space.ts";
import type { Profile } from "../profile/profile.ts";
import { FEATURES_AT_ONCE } from "../routes/block-operations.ts";
import { rowsOfBlock } from "../routes/block-size.ts";
import type { Route } from "../routes/route.ts";
import { outer } from "./forms/residual-form.ts";
import type { ErrorForm, RowFacts } from "./forms/row-facts.ts";

/**
 * How much rounding can change a term of a route's sums, relative to its size: the number of roundings it goes through,
 * each times its unit. A kernel that sums in another order or type has counts of its own.
 */
export interface RoundingCounts {
	/** A term w_α q^α k^α ω h' of Σ_l Ã_jl h'_l. */
	readonly sums: number;
	/** A term of Ĝ_j. */
	readonly gradient: number;
	/** A term A1_ja Ĝ_jb of the gradient. */
	readonly rows: number;
	/** One step of the arithmetic on a row's outputs, residuals and cotangents. */
	readonly states: number;
}

/** u of the sums, which the plain TypeScript routes hold in double precision whatever the number type. */
const u = unitRoundoff("f64");

/** The counts of the plain TypeScript routes (`block-operations.ts`). */
export function roundingCounts(
	route: Route,
	{ n, d, dtype }: { n: number; d: number; dtype: Dtype },
	{ size, raisedSize, degree }: { size: number; raisedSize: number; degree: number },
): RoundingCounts {
	const stored = unitRoundoff(dtype);
	const blockRows = rowsOfBlock(route.memory(size, raisedSize, d).row, dtype);
	// Rows in blocks of their degree leave up to a block a degree that is not full.
	const overRows = u * (blockRows + Math.ceil(n / blockRows) + degree + 3);
	const overFeatures = u * (FEATURES_AT_ONCE + Math.ceil(size / FEATURES_AT_ONCE) + 2);
	// Features of keys and queries (degree products each), weighted values, moments, weighted features; the weights.
	const sums = stored * (2 * degree + 4) + overRows + overFeatures + u * (2 * degree + 6);
	const gradient = {
		// One key coordinate and product more in raised features; c', t and its sum over d + 1 columns; the frame taken back.
		moment: stored * 4 + overFeatures + u * (2 * d + 8),
		// Adjoints: each step down the tree is a product and up to d additions, stored; then a sum over all nodes.
		reverse: stored * (3 + degree * (d + 2)) + u * (size + 2 * d + 8),
		// Columns of both sides, the sum over queries, and the joined sum over features and d + 1 columns.
		paper: stored * 3 + overRows + overFeatures * (d + 1) + u * 12,
	}[route.name];
	return { sums, gradient: sums + gradient, rows: overRows + u * (d + 4), states: 2 * u };
}

/** The counts with c roundings of unit u taken as √c u, as if they were independent: for estimates, not for proofs. */
export function probableCounts({ sums, gradient, rows, states }: RoundingCounts, unit: number): RoundingCounts {
	const probable = (count: number): number => unit * Math.sqrt(count / unit);
	return { sums: probable(sums), gradient: probable(gradient), rows: probable(rows), states };
}

/** Relative error of the sums of a row, e / (1 - e) with e = count · growth; Infinity from e = 1/2 on. */
export function relativeRounding(count: number, growth: number): number {
	const error = count * growth;
	return error < 0.5 ? error / (1 - error) : Number.POSITIVE_INFINITY;
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
	const relative = relativeRounding(counts.sums, growth);
	const outputError = outputs.map(
		(output, i) => relative * (valueMean[i] + output) + counts.states * output + mass * roundings.value[i],
	);
	return { outputs: outputError, residuals: outputError.map((error, i) => error + counts.states * residuals[i]) };
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
	const ofSpan = new Float64Array(d);
	const ofError = new Float64Array(d);
	return {
		add({ inputs, residuals, outputs, growth, l1 }: RowFacts, times = 1) {
			const plain = mass(l1);
			const heavy = Math.min(growth, gradientMass(l1));
			const errors = rowRounding(profile, counts, growth, plain, outputs, residuals);
			// Sizes of c' against h': largest, mean, and how far c' and r are off.
			let [correction, correctionError, largest, mean, moved] = [0, 0, 0, 0, 0];
			for (let i = 0; i < d; i++) {
				const [c, o] = [residuals[i], outputs[i]];
				const [dc, od] = [errors.residuals[i], errors.outputs[i]];
				correction += c * o;
				correctionError += dc * o + c * od + dc * od + (d + 1) * counts.states * c * o;
				largest += c * H[i];
				mean += c * valueMean[i];
				moved += dc * H[i] + c * roundings.value[i];
			}
			const size = Math.min(growth * (mean + correction), heavy * (largest + correction));
			const division = relativeRounding(counts.sums, growth) + counts.rows + 2 * counts.states;
			const row = heavy * (moved + correctionError) + counts.gradient * growth * (mean + correction) + division * size;
			for (let a = 0; a < d; a++) {
				if (inputs[a] === 0) continue;
				ofSpan[a] += times * inputs[a] * row;
				ofError[a] += times * inputs[a] * heavy * (largest + correction);
			}
		},
		bounds() {
			const spans = outer(ofSpan, space.keySpan, scale);
			const errors = outer(ofError, space.keyError, scale);
			// Second-order terms: rows whose relative error is above 1/2 are infinite already.
			return spans.map((span, at) => 1.01 * (span + errors[at]));
		},
	};
}
