import {
	dotUp,
	type ErrorParts,
	leastRest,
	maxUp,
	numberTypes,
	over,
	plus,
	RelativeRounding,
	times,
	totalError,
} from "../../error-bound/index.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import { reachOf } from "../method/feature-space.ts";
import type { ForwardTotals } from "../routes/forward.ts";
import type { FramedQueries } from "../routes/framed-blocks.ts";
import type { RowStates } from "../routes/row-states.ts";
import { largestMassRatio } from "./a-priori.ts";
import { l1OfRow } from "./entry-error.ts";
import type { ProvenBound } from "./forms/forms.ts";
import { massOfRow } from "./forms/row-facts.ts";
import { polynomialOutputUnderflow, type RowSizes } from "./forms/underflow-form.ts";
import { ofTotals } from "./from-totals.ts";
import { type RoundingCounts, rowRounding } from "./rounding.ts";

/**
 * A bound on |õ_ji − o_ji| for all columns i of a row (paper.md 7.1): f̃_j and f_j sum to 1, so that the output moves by at
 * most ‖f̃_j − f_j‖₁ H_i, H_i the half-range of the values; and what rounding adds. `outputs` is at least |õ_ji − η_i|.
 */
function rowBound(
	method: Method,
	candidate: Candidate,
	{ l1, growth, outputs }: { l1: number; growth: number; outputs: Float64Array },
): ProvenBound {
	const { profile } = method;
	const { error, counts } = candidate;
	const { valueHalfRange: H, valueCentre, dtype, given, queryReach, queryCentre, queryProducts } = profile;
	const query = queryReach.map((reach, b) => plus(reach, Math.abs(queryCentre[b])));
	const input = given ? given.output({ query, queryProducts, residuals: outputs, l1 }) : 0;
	const rounding = rowRounding(profile, counts, growth, massOfRow(error, l1), outputs, outputs).outputs;
	// From sizes that were not computed but bounded, a rounding error adds to the size that it is relative to.
	const relative = counts.sums.ofSum(growth).and(counts.states).bound;
	const ofStored = RelativeRounding.roundings(3, numberTypes[dtype]).bound;
	let [bound, floor] = [0, 0];
	for (let i = 0; i < H.length; i++) {
		// The output is stored, the centre added, the sum stored.
		const stored = times(ofStored, plus(outputs[i], Math.abs(valueCentre[i])));
		const entry: ErrorParts = {
			method: H[i] === 0 ? 0 : times(l1, H[i]),
			rounding: plus(over(rounding[i], leastRest(1, relative)), stored),
			// Of all rows at once: `withUnderflow`.
			underflow: 0,
			input,
		};
		floor = Math.max(floor, totalError({ ...entry, method: 0 }));
		bound = Math.max(bound, totalError(entry));
	}
	return orInfinite({ bound, floor });
}

/** The bound of rows with what their outputs lose below the normal range, from the largest of their sizes. */
function withUnderflow(method: Method, candidate: Candidate, { bound, floor }: ProvenBound, largest: RowSizes) {
	const lost = polynomialOutputUnderflow(method, candidate, largest);
	return { bound: plus(bound, lost), floor: plus(floor, lost) };
}

/** A bound for every row from the profile alone, before anything is computed. Cost O(d). */
export function aPrioriOutputBound(method: Method, candidate: Candidate): ProvenBound {
	return boundAtMass(method, candidate, largestMassRatio(method.profile.deficit, candidate.error));
}

/** The bound for every row from the least normaliser that a run met. Cost O(d). */
export function outputBoundFromTotals(method: Method, candidate: Candidate, totals: ForwardTotals): ProvenBound {
	const { error, coefficients, counts } = candidate;
	const terms = sizeOfTerms(coefficients, largestReach(method), false);
	const measured = trueMassRatio(ofTotals.atLeast(totals.totalWeight), totals.leastNormaliser, counts.sums, terms);
	return boundAtMass(method, candidate, Math.min(measured, largestMassRatio(method.profile.deficit, error)));
}

/** Watches a forward run and bounds the error of each row that it computes. */
export class OutputError {
	readonly #method: Method;
	readonly #candidate: Candidate;
	#bound = 0;
	#floor = 0;
	#largest: RowSizes = { growth: 0, l1: 0, output: 0 };

	constructor(method: Method, candidate: Candidate) {
		this.#method = method;
		this.#candidate = candidate;
	}

	rows({ count, points }: FramedQueries, states: RowStates, totalWeight: number): void {
		const { space, profile } = this.#method;
		const { error, coefficients, counts } = this.#candidate;
		const { n, d } = profile;
		const ofWeights = RelativeRounding.roundings(n);
		for (let j = 0; j < count; j++) {
			const terms = sizeOfTerms(coefficients, reachOf(points, j, count, space), false);
			const massRatio = trueMassRatio(ofWeights.atLeast(totalWeight), states.normalisers[j], counts.sums, terms);
			const outputs = Float64Array.from({ length: d }, (_, i) => Math.abs(states.outputs[i * count + j]));
			const l1 = l1OfRow(error, massRatio);
			const growth = times(terms, massRatio);
			const row = rowBound(this.#method, this.#candidate, { l1, growth, outputs });
			const { growth: most, l1: farthest, output } = this.#largest;
			this.#largest = {
				growth: Math.max(most, growth),
				l1: Math.max(farthest, l1),
				output: Math.max(output, maxUp(outputs)),
			};
			this.#bound = Math.max(this.#bound, row.bound);
			this.#floor = Math.max(this.#floor, row.floor);
		}
	}

	/** The bound for all rows so far. */
	result(): ProvenBound {
		const rows = { bound: this.#bound, floor: this.#floor };
		return withUnderflow(this.#method, this.#candidate, rows, this.#largest);
	}
}

function boundAtMass(method: Method, candidate: Candidate, massRatio: number): ProvenBound {
	const { profile } = method;
	const l1 = l1OfRow(candidate.error, massRatio);
	const growth = times(massRatio, sizeOfTerms(candidate.coefficients, largestReach(method), false));
	const outputs = profile.valueHalfRange.map((half) => times(plus(1, l1), half));
	const rows = rowBound(method, candidate, { l1, growth, outputs });
	return withUnderflow(method, candidate, rows, { growth, l1, output: maxUp(outputs) });
}

const largestReach = ({ space }: Method): number => Math.min(space.radius, dotUp(space.queryReach, space.keyReach));

/** Σ ω_l / D̃_j at most: the computed normaliser may be above the true one by the rounding of its sum. */
function trueMassRatio(totalWeight: number, normaliser: number, sums: RoundingCounts["sums"], terms: number): number {
	const computed = over(totalWeight, normaliser);
	return sums.ofSum(times(terms, computed)).atLeast(computed);
}

/** A bound of NaN (an overflow, 0 · Infinity) proves nothing. */
const orInfinite = ({ bound, floor }: ProvenBound): ProvenBound => ({
	bound: Number.isNaN(bound) ? Number.POSITIVE_INFINITY : bound,
	floor: Number.isNaN(floor) ? Number.POSITIVE_INFINITY : floor,
});
