import { dotUp, expDown, leastRest, over, plus, times } from "../../error-bound/index.ts";
import type { PolynomialFamily } from "../families/family.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import { l1OfRow } from "./entry-error.ts";
import { errorForms, type ProvenBound } from "./forms/forms.ts";
import { massOfRow } from "./forms/row-facts.ts";
import { rowRounding } from "./rounding.ts";

/**
 * A bound on the gradient's error from the profile alone, before anything is computed (paper.md 7.2 with the entrywise
 * form 7.1 and the Jensen variant of 7.4). All forms are affine in the residuals, so for each column a of A1 the
 * |A1_ja|-weighted mean of what |c_ji| can at most be stands for all rows. Infinite where no form applies. Cost O(d²).
 */
export function aPrioriBound(method: Method, candidate: Candidate): ProvenBound {
	const { profile, space, route } = method;
	const { d, inputSums, residualSums, valueHalfRange: H } = profile;
	const { error, coefficients, counts } = candidate;
	const forms = errorForms(method, candidate);

	const massRatio = largestMassRatio(profile.deficit, error);
	const l1 = l1OfRow(error, massRatio);
	const reach = Math.min(space.radius, dotUp(space.queryReach, space.keyReach));
	const growth = times(massRatio, sizeOfTerms(coefficients, reach, route.surrogate));
	for (let a = 0; a < d; a++) {
		if (inputSums[a] === 0) continue;
		const outputs = H.map((half) => times(plus(1, l1), half));
		const residuals = H.map((half, i) => plus(over(residualSums.at(a, i), inputSums[a]), times(l1, half)));
		const rounding = rowRounding(profile, counts, growth, massOfRow(error, l1), outputs, residuals);
		forms.add({
			inputs: inputSums.map((sum, column) => (column === a ? sum : 0)),
			residuals: residuals.map((size, i) => plus(size, rounding.residuals[i])),
			outputs: outputs.map((size, i) => plus(size, rounding.outputs[i])),
			l1,
			growth,
		});
	}
	return forms.result();
}

/** Largest Σ ω_l / D̃_j: D_j is at least e^-deficit Σ ω_l by convexity, and D̃_j is not far below D_j. */
export function largestMassRatio(deficit: number, { relative, mixed }: Candidate["error"]): number {
	const least = expDown(-deficit);
	// The remainder after the share is subtracted, at least 0.
	const after = (share: number, absolute: number): number => leastRest(least, plus(times(least, share), absolute));
	return over(1, Math.max(after(relative, 0), after(mixed.relative, mixed.absolute)));
}

/** The largest entries that the coarse certificate is made of: ‖A1‖∞, ‖A2‖∞, H = ‖A3 Y‖∞, e = ‖E‖∞. */
export interface LargestEntries {
	readonly a1: number;
	readonly a2: number;
	readonly H: number;
	readonly e: number;
}

/**
 * The degree of paper.md 7.2 in closed form from sizes alone: τ0 = min(½, ε / (n a1 a2 H (3 (H + e) + H))),
 * δ0 = τ0 / (1 + τ0), least degree whose relative error plus `floor` (the rounding of an exponential) is at most δ0.
 * This is what paper.md tabulates; `aPrioriBound` is tighter. The degree is Infinity where the floor alone is above δ0.
 */
export function coarseDegree(
	family: PolynomialFamily,
	radius: number,
	epsilon: number,
	n: number,
	{ a1, a2, H, e }: LargestEntries,
	floor = 0,
): { degree: number; delta: number } {
	const tau = Math.min(0.5, epsilon / (n * a1 * a2 * H * (3 * (H + e) + H)));
	const delta = tau / (1 + tau);
	return { degree: floor < delta ? family.degreeFor(radius, delta - floor) : Number.POSITIVE_INFINITY, delta };
}
