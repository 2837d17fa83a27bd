import { dotUp, over, plus, RelativeRounding, times } from "../../error-bound/index.ts";
import type { RunTotals } from "../kernels/kernel-route.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import { largestMassRatio } from "./a-priori.ts";
import { l1OfRow } from "./entry-error.ts";
import { errorForms, type ProvenBound } from "./forms/forms.ts";
import { massOfRow } from "./forms/row-facts.ts";
import { rowRounding } from "./rounding.ts";

/** The rounding of the totals of a run on kernels: sums of up to 10^9 numbers, each within 10^-5 in single precision. */
export const ofTotals = RelativeRounding.proven(1e-4);

/**
 * A bound on the gradient's error from the sums that a run on kernels leaves (paper.md 7.1 and 7.4): as the a-priori bound, but
 * with the residuals c̃ and the least normaliser as computed. All forms are affine in the residuals, so for each column a of
 * A1 the |A1_ja|-weighted mean of |c̃_ji| stands for all rows. Cost O(d²).
 */
export function boundFromTotals(method: Method, approximation: Candidate, totals: RunTotals): ProvenBound {
	const { profile, space, route } = method;
	const { d, valueHalfRange: H, deficit } = profile;
	const { error, coefficients, counts } = approximation;
	const forms = errorForms(method, approximation);

	const reach = Math.min(space.radius, dotUp(space.queryReach, space.keyReach));
	const terms = sizeOfTerms(coefficients, reach, route.surrogate);
	// The computed normaliser may be above the true one by the rounding of its sum.
	const computed = over(ofTotals.atLeast(totals.totalWeight), totals.leastNormaliser);
	const measured = counts.sums.ofSum(times(terms, computed)).atLeast(computed);
	const massRatio = Math.min(measured, largestMassRatio(deficit, error));
	const l1 = l1OfRow(error, massRatio);
	const growth = times(massRatio, terms);
	for (let a = 0; a < d; a++) {
		const weight = totals.inputSums[a];
		if (weight === 0) continue;
		const outputs = H.map((half) => times(plus(1, l1), half));
		const residuals = H.map((_, i) => over(ofTotals.atLeast(totals.residualSums.at(a, i)), weight));
		const rounding = rowRounding(profile, counts, growth, massOfRow(error, l1), outputs, residuals);
		forms.add({
			inputs: H.map((_, column) => (column === a ? ofTotals.atLeast(weight) : 0)),
			residuals: residuals.map((size, i) => plus(size, rounding.residuals[i])),
			outputs: outputs.map((size, i) => plus(size, rounding.outputs[i])),
			l1,
			growth,
		});
	}
	return forms.result();
}
