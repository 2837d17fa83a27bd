import { expm1Up, expUp, plus, times } from "../../error-bound/index.ts";
import { l1OfRelative } from "../../rows/softmax-rows.ts";
import type { PolynomialFamily } from "../families/family.ts";
import type { DroppedTerms } from "../monomials/dropped-terms.ts";

/**
 * How far the approximate entries can be from A_jl = ω_l e^<q_j, k_l>, said in two ways that both hold: a bound in
 * parts of A_jl, and one in parts of A_jl plus parts of the weight ω_l. The first serves small radii; the second does
 * not carry the factor e^R (the Jensen variant of paper.md 7.4).
 */
export interface EntryError {
	/** δ of the polynomial alone, on the real line. */
	readonly polynomial: number;
	/** |Ã_jl - A_jl| <= relative · A_jl. */
	readonly relative: number;
	/** |Ã_jl - A_jl| <= mixed.relative · A_jl + mixed.absolute · ω_l. */
	readonly mixed: { readonly relative: number; readonly absolute: number };
	/** |∂Ã_jl/∂q_b - A_jl k_lb| <= derivative · A_jl · max |k_b|: P' in place of P, and what is left out of it. */
	readonly derivative: number;
}

/** Nothing is left out of P. */
export const nothingDropped: DroppedTerms = { value: 0, slope: 0 };

/**
 * Entry error of P, of degree `degree`, at stored scores that are off by at most `scoreError`, when some monomials were
 * left out of P.
 */
export function entryError(
	family: PolynomialFamily,
	radius: number,
	degree: number,
	scoreError: number,
	dropped: DroppedTerms = nothingDropped,
): EntryError {
	const polynomial = family.relativeError(radius, degree);
	const input = expm1Up(scoreError);
	const throughInput = (delta: number): number => plus(delta, times(plus(1, delta), input));
	const relative = throughInput(plus(polynomial, times(dropped.value, expUp(radius))));
	const absolute = { relative: input, absolute: plus(family.absoluteError(radius, degree), dropped.value) };
	const split = { relative: throughInput(polynomial), absolute: dropped.value };
	return {
		polynomial,
		relative,
		mixed: mixedL1(split, 1) < mixedL1(absolute, 1) ? split : absolute,
		derivative: throughInput(plus(family.derivativeError(radius, degree), times(dropped.slope, expUp(radius)))),
	};
}

/** L1 error of a softmax row under a mixed entry error, where Σ ω_l / D̃_j is at most `massRatio`. */
const mixedL1 = (mixed: EntryError["mixed"], massRatio: number): number =>
	plus(l1OfRelative(mixed.relative), times(times(2, mixed.absolute), massRatio));

/** L1 error of a softmax row: the better of the two ways. */
export const l1OfRow = (error: EntryError, massRatio: number): number =>
	Math.min(l1OfRelative(error.relative), mixedL1(error.mixed, massRatio));
