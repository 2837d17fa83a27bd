import { plus, times } from "../../../error-bound/index.ts";
import type { Profile } from "../../profile/profile.ts";
import { outer } from "./residual-form.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/**
 * The L1 form of paper.md 7.4, for any approximation with ‖f̃_j - f_j‖₁ <= τ_j:
 * (W_b scale) Σ_j |A1_ja| τ_j Σ_i H_i [(3 + τ_j) |c̃_ji| + H_i]. With the absolute error of P it is the Jensen variant.
 */
export function l1Form({ d, scale, keyHalfRange: W, valueHalfRange: H }: Profile): ErrorForm {
	const sums = new Float64Array(d);
	return {
		add({ inputs, residuals, l1 }: RowFacts, count = 1) {
			let row = 0;
			for (let i = 0; i < d; i++) row = plus(row, times(H[i], plus(times(plus(3, l1), residuals[i]), H[i])));
			if (row === 0) return;
			for (let a = 0; a < d; a++)
				if (inputs[a] > 0) sums[a] = plus(sums[a], times(times(count, inputs[a]), times(l1, row)));
		},
		bounds: () => outer(sums, W, scale),
	};
}
