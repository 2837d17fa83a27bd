import { plus, times } from "../../../error-bound/index.ts";
import { l1OfRelative } from "../../../rows/softmax-rows.ts";
import type { Profile } from "../../profile/profile.ts";
import type { EntryError } from "../entry-error.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/**
 * The variance form of paper.md 7.3, several times tighter than 7.1 because the standard deviations of values and keys
 * under a row's weights are below their half-ranges:
 * scale · Σ_j |A1_ja| Σ_i { |c̃_ji| (2τ σ_h σ_w + τ² H_i W_b) + min(τ H_i, 2τ σ_h) σ_h σ_w }.
 * Infinite where the relative error of an entry may reach 1 or a row's deviations are not known.
 */
export function varianceForm({ d, scale, keyHalfRange: W, valueHalfRange: H }: Profile, error: EntryError): ErrorForm {
	const tau = l1OfRelative(error.relative);
	const sums = new Float64Array(d * d);
	let known = Number.isFinite(tau);
	return {
		add({ inputs, residuals, deviations }: RowFacts, count = 1) {
			if (!deviations) known = false;
			if (!known || !deviations) return;
			let withDeviation = 0;
			let withRange = 0;
			for (let i = 0; i < d; i++) {
				const sigma = Math.min(deviations.values[i], H[i]);
				const moved = Math.min(times(tau, H[i]), times(times(2, tau), sigma));
				withDeviation = plus(withDeviation, times(plus(times(times(2, tau), residuals[i]), moved), sigma));
				withRange = plus(withRange, times(times(tau, tau), times(residuals[i], H[i])));
			}
			for (let b = 0; b < d; b++) {
				const size = plus(times(withDeviation, Math.min(deviations.keys[b], W[b])), times(withRange, W[b]));
				const entry = times(count, size);
				for (let a = 0; a < d; a++) sums[a * d + b] = plus(sums[a * d + b], times(inputs[a], entry));
			}
		},
		bounds: () => sums.map((sum) => (known ? times(scale, sum) : Number.POSITIVE_INFINITY)),
	};
}
