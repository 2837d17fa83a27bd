import type { Numbers } from "@attgrad/matrix-core";
import { over, plus, RelativeRounding, times } from "../../error-bound/index.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import { reachOf } from "../method/feature-space.ts";
import type { FramedKeys, FramedQueries } from "../routes/framed-blocks.ts";
import type { RouteWatcher } from "../routes/route.ts";
import type { RowStates } from "../routes/row-states.ts";
import type { DeviationPilot } from "./deviation-pilot.ts";
import { l1OfRow } from "./entry-error.ts";
import { errorForms, type Forms, type ProvenBound } from "./forms/forms.ts";
import { massOfRow } from "./forms/row-facts.ts";
import { rowRounding } from "./rounding.ts";

/**
 * Watches a route and proves, from the residuals and normalisers that it computes, how far its gradient is from the
 * exact one (paper.md 7.1, 7.3, 7.4, 7.5): in the same pass, O(d²) a row beside the pilot.
 */
export class APosteriori implements RouteWatcher {
	readonly #method: Method;
	readonly #candidate: Candidate;
	readonly #pilot: DeviationPilot | undefined;
	readonly #forms: Forms;
	readonly queryFeatures: number;
	#totalWeight = 0;

	/** @param pilot gives the deviations for the variance form; without it that form is left out */
	constructor(method: Method, candidate: Candidate, pilot?: DeviationPilot) {
		this.#method = method;
		this.#candidate = candidate;
		this.#pilot = pilot;
		this.queryFeatures = pilot?.queryFeatures ?? 0;
		this.#forms = errorForms(method, candidate);
	}

	keys(block: FramedKeys, features: Numbers): void {
		for (let l = 0; l < block.count; l++) this.#totalWeight += block.weights[l];
		this.#pilot?.keys(block, features);
	}

	queries(block: FramedQueries, features: Numbers): void {
		this.#pilot?.queries(block, features);
	}

	rows(block: FramedQueries, states: RowStates): void {
		const { count, inputs, points } = block;
		const { profile, space, route } = this.#method;
		const { error, coefficients, counts } = this.#candidate;
		const { n, d } = profile;
		const ofWeights = RelativeRounding.roundings(n);
		for (let j = 0; j < count; j++) {
			const terms = sizeOfTerms(coefficients, reachOf(points, j, count, space), route.surrogate);
			// The computed normaliser may be above the true one by the rounding of its sum.
			const computed = over(ofWeights.atLeast(this.#totalWeight), states.normalisers[j]);
			const massRatio = counts.sums.ofSum(times(terms, computed)).atLeast(computed);
			const growth = times(terms, massRatio);
			const l1 = l1OfRow(error, massRatio);
			const outputs = absoluteColumn(states.outputs, j, count, d);
			const residuals = absoluteColumn(states.residuals, j, count, d);
			const rounding = rowRounding(profile, counts, growth, massOfRow(error, l1), outputs, residuals);
			for (let i = 0; i < d; i++) {
				outputs[i] = plus(outputs[i], rounding.outputs[i]);
				residuals[i] = plus(residuals[i], rounding.residuals[i]);
			}
			const deviations = this.#pilot?.deviations(j);
			this.#forms.add({
				inputs: Float64Array.from({ length: d }, (_, a) => Math.abs(inputs.at(j, a))),
				residuals,
				outputs,
				l1,
				growth,
				...(deviations && { deviations }),
			});
		}
	}

	/** The bound, after the route has run. */
	result(): ProvenBound {
		return this.#forms.result();
	}
}

function absoluteColumn(columns: Float64Array, j: number, count: number, d: number): Float64Array {
	return Float64Array.from({ length: d }, (_, i) => Math.abs(columns[i * count + j]));
}
