import { type EntryError, entryError } from "./certificates/entry-error.ts";
import { type RoundingCounts, roundingCounts } from "./certificates/rounding.ts";
import type { FeatureSpace } from "./feature-space.ts";
import type { FeatureTree } from "./monomials/feature-tree.ts";
import type { PolynomialFamily } from "./polynomials/family.ts";
import type { Profile } from "./profile.ts";
import type { Route } from "./routes/route.ts";

/** How a problem is to be approximated, all but the degree. */
export interface Method {
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly route: Route;
	readonly family: PolynomialFamily;
}

/** Ã of one degree over a set of monomials, with what is proven of its entries and its arithmetic. */
export interface Approximation {
	readonly degree: number;
	/** K. */
	readonly size: number;
	/** K⁺. */
	readonly raisedSize: number;
	/** a_0..a_degree. */
	readonly coefficients: Float64Array;
	readonly error: EntryError;
	readonly counts: RoundingCounts;
	/** Builds the tree of its monomials. */
	readonly tree: () => FeatureTree;
}

/** A set of monomials: its sizes, and how to build its tree. */
export type MonomialSet = Pick<Approximation, "size" | "raisedSize" | "tree">;

/** The approximation of a degree by a set of monomials, those left out summing to at most `dropped` in size. */
export function approximationOf(
	{ profile, space, route, family }: Method,
	degree: number,
	set: MonomialSet,
	dropped = 0,
): Approximation {
	return {
		...set,
		degree,
		coefficients: family.coefficients(space.radius, degree),
		error: entryError(family, space.radius, degree, space.scoreError, dropped),
		counts: roundingCounts(route, profile, { ...set, degree }),
	};
}

/**
 * Σ |a_k| t^k, the size of the terms that sum to P at a score whose terms |q_i k_i| sum to t; for a surrogate gradient
 * also that of P', and the larger of the two.
 */
export function sizeOfTerms(coefficients: Float64Array, t: number, surrogate: boolean): number {
	let [sum, derivative] = [0, 0];
	for (let k = coefficients.length - 1; k >= 0; k--) {
		derivative = derivative * t + sum;
		sum = sum * t + Math.abs(coefficients[k]!);
	}
	return surrogate ? Math.max(sum, derivative) : sum;
}
