import { leastRest, over, plus, times } from "../../../error-bound/index.ts";
import { l1OfRelative } from "../../../rows/softmax-rows.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { Profile } from "../../profile/profile.ts";
import type { EntryError } from "../entry-error.ts";
import { outer } from "./residual-form.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/**
 * The term that the surrogate gradient of the reverse route adds to a bound on the plug-in gradient (paper.md 7.5):
 * ((δ + δ') / (1 - δ)) scale · Σ_j |A1_ja| Σ_i |c̃_ji| (1 + τ) H_i · max_l |k_lb|, the
 * keys as the features have them. The mean of |h_li - o_ji| under f is
 * at most H_i about its own mean, and o_ji is at most τ H_i from that. Infinite from δ = 1 on.
 */
export function surrogateForm(
	{ d, scale, valueHalfRange: H }: Profile,
	{ keySpan }: FeatureSpace,
	error: EntryError,
): ErrorForm {
	const tau = l1OfRelative(error.relative);
	const factor = times(plus(1, tau), plus(tau, over(error.derivative, leastRest(1, error.relative))));
	const sums = new Float64Array(d);
	return {
		add({ inputs, residuals }: RowFacts, count = 1) {
			let row = 0;
			for (let i = 0; i < d; i++) row = plus(row, times(residuals[i], H[i]));
			for (let a = 0; a < d; a++) sums[a] = plus(sums[a], times(times(count, inputs[a]), row));
		},
		bounds: () => outer(sums, keySpan, times(scale, factor)),
	};
}
