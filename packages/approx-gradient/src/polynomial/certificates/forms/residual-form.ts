import { plus, times } from "../../../error-bound/index.ts";
import { l1OfRelative } from "../../../rows/softmax-rows.ts";
import type { Profile } from "../../profile/profile.ts";
import type { EntryError } from "../entry-error.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/**
 * The relative form of paper.md 7.1: (τ W_b scale) Σ_j |A1_ja| Σ_i H_i [(2 + τ) |c_ji| + H_i], c exact or computed.
 * Infinite where the relative error of an entry may reach 1.
 */
export function residualForm({ d, scale, keyHalfRange: W, valueHalfRange: H }: Profile, error: EntryError): ErrorForm {
	const tau = l1OfRelative(error.relative);
	const sums = new Float64Array(d);
	return {
		add({ inputs, residuals }: RowFacts, count = 1) {
			let row = 0;
			for (let i = 0; i < d; i++) row = plus(row, times(H[i], plus(times(plus(2, tau), residuals[i]), H[i])));
			for (let a = 0; a < d; a++) sums[a] = plus(sums[a], times(times(count, inputs[a]), row));
		},
		bounds: () => outer(sums, W, times(tau, scale)),
	};
}

/** factor · sums_a W_b, d x d, rounded outward; keys without span make a gradient of 0, whatever is known of the weights. */
export function outer(sums: Float64Array, W: Float64Array, factor: number): Float64Array {
	const d = W.length;
	return new Float64Array(d * d).map((_, at) => {
		const [sum, span] = [sums[Math.floor(at / d)], W[at % d]];
		return span === 0 ? 0 : times(factor, times(sum, span));
	});
}
