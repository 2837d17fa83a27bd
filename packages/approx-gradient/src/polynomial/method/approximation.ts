import type { KernelName } from "@attgrad/matrix-core";
import { plus, times } from "../../error-bound/index.ts";
import { type EntryError, entryError, nothingDropped } from "../certificates/entry-error.ts";
import { kernelRoundingCounts, kernelScoreError } from "../certificates/kernel-rounding.ts";
import { type RoundingCounts, roundingCounts } from "../certificates/rounding.ts";
import type { PolynomialFamily } from "../families/family.ts";
import type { DroppedTerms } from "../monomials/dropped-terms.ts";
import { countMonomials, type FeatureTree } from "../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../monomials/total-degree.ts";
import type { Profile } from "../profile/profile.ts";
import type { Route } from "../routes/route.ts";
import type { FeatureSpace } from "./feature-space.ts";

/** How a problem is to be approximated, all but the degree. */
export interface Method {
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly route: Route;
	readonly family: PolynomialFamily;
	/** The kernel that the route runs on. @default "js" */
	readonly kernel?: KernelName;
}

/** Whether the route of a method has kernels and runs on them. */
export const runsOnKernels = ({ kernel, route }: Pick<Method, "kernel" | "route">): boolean =>
	(kernel ?? "js") !== "js" && route.name !== "paper";

/** Ã of one degree, as far as bounds go: what is known of its entries and of its arithmetic. */
export interface Candidate {
	readonly degree: number;
	/** K and K⁺, or numbers that they will be at most. */
	readonly size: number;
	readonly raisedSize: number;
	/** a_0..a_degree. */
	readonly coefficients: Float64Array;
	readonly error: EntryError;
	readonly counts: RoundingCounts;
}

/** Ã of one degree over a set of monomials. */
export interface Approximation extends Candidate {
	/** Builds the tree of its monomials. */
	readonly tree: () => FeatureTree;
}

type Sizes = Pick<Candidate, "size" | "raisedSize"> & {
	/** For an anisotropic set, the most runs of its kernels that join the sum of one factor. @default 0 */
	readonly joins?: number;
};

/** The candidate of a degree and a number of monomials, with what was left out. */
export function candidateOf(
	method: Method,
	degree: number,
	{ size, raisedSize, joins = 0 }: Sizes,
	dropped = nothingDropped,
): Candidate {
	const sizes = { size, raisedSize, joins };
	return {
		...{ degree, size, raisedSize },
		coefficients: method.family.coefficients(method.space.radius, degree),
		...factsOf(method, degree, sizes, dropped),
	};
}

/** Errors of entries and roundings, whatever the coefficients. */
function factsOf(method: Method, degree: number, sizes: Sizes, dropped: DroppedTerms) {
	const { profile, space, route, family } = method;
	const onKernels = runsOnKernels(method);
	const scoreError = onKernels ? kernelScoreError(space) : space.scoreError;
	const counts = onKernels ? kernelRoundingCounts : roundingCounts;
	return {
		error: entryError(family, space.radius, degree, scoreError, dropped),
		counts: counts(route, profile, { ...sizes, degree }),
	};
}

/**
 * The approximation by all monomials of total degree <= degree, but for its coefficients, which take most of the time: in their
 * place (1 - δ) / k!, for Σ |a_k| t^k >= P(t) >= (1 - δ) e^t. Every bound is at most that of the real candidate.
 */
export function cheapCandidate(method: Method, degree: number): Candidate {
	const { profile } = method;
	const sizes = { size: countMonomials(profile.d, degree), raisedSize: countMonomials(profile.d, degree + 1) };
	const { error, counts } = factsOf(method, degree, sizes, nothingDropped);
	const coefficients = new Float64Array(degree + 1).fill(Math.max(0, 1 - error.polynomial));
	for (let k = 1; k <= degree; k++) coefficients[k] = coefficients[k - 1] / k;
	return { degree, ...sizes, coefficients, error, counts };
}

/** The approximation by all monomials of total degree <= degree. */
export function totalDegreeApproximation(method: Method, degree: number): Approximation {
	const { d } = method.profile;
	const sizes = { size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) };
	return { ...candidateOf(method, degree, sizes), tree: () => keptTotalDegreeTree(d, degree) };
}

/**
 * Σ |a_k| t^k, the size of the terms that sum to P at a score whose terms |q_i k_i| sum to t; for a surrogate gradient
 * also that of P', and the larger of the two.
 */
export function sizeOfTerms(coefficients: Float64Array, t: number, surrogate: boolean): number {
	let [sum, derivative] = [0, 0];
	for (let k = coefficients.length - 1; k >= 0; k--) {
		derivative = plus(times(derivative, t), sum);
		sum = plus(times(sum, t), Math.abs(coefficients[k]));
	}
	return surrogate ? Math.max(sum, derivative) : sum;
}
