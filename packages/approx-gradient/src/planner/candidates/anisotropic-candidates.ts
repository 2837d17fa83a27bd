import { ComputationError } from "@attgrad/matrix-core";
import {
	anisotropicRequest,
	anisotropicSetWithin,
	anisotropicWithin,
} from "../../polynomial/gauss/anisotropic/anisotropic-gradient.ts";
import type { Profile } from "../../polynomial/profile/profile.ts";
import type { PlanEntry } from "../plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { detailOf, exactRowsText, optionsOf, runTime, type Variant } from "./polynomial-candidates.ts";
import { scoreDirections } from "./score-directions.ts";
import { firstSetChoiceTime, setChoiceTime } from "./set-choice-time.ts";

/** The part of the fastest way's time that a closer look at anisotropic sets may take. */
const MOST_LOOK = 1 / 3;

/** The part of all monomials that a set has at the least where scores spread over few directions; the time of a run is in proportion. */
export const LEAST_LEFT = 0.25;

/** Directions that scores spread over, for each coordinate and at the least, up to which a set leaves out enough monomials. */
const FEW = { each: 0.25, least: 1.5 };

/** Whether scores of width d spread over so few directions that a set leaves out enough monomials. */
export const areFewDirections = (directions: number, d: number): boolean =>
	directions <= Math.max(FEW.least, FEW.each * d);

/**
 * Why anisotropic sets are not looked at; undefined where that may pay: scores spread over few directions, and the look takes a small part of the
 * fastest way's time.
 * @param size monomials of the total degree that is needed
 * @param best predicted time of the fastest way so far, milliseconds
 */
export function whyNotAnisotropic(
	context: PlanContext,
	basis: "gauss" | "chebyshev",
	size: number,
	best: number,
): string | undefined {
	if (!(firstSetChoiceTime(context.problem, basis, LEAST_LEFT * size) <= MOST_LOOK * best))
		return "not looked at: it would save less than looking takes";
	const { problem } = context;
	const directions = scoreDirections(problem);
	if (areFewDirections(directions, problem.d)) return undefined;
	return `not looked at: scores spread over about ${directions.toPrecision(2)} of ${problem.d} directions, and few monomials could be left out`;
}

/** The plan of polynomials by row over an anisotropic set: axes and set are found, and its run starts with them. */
export function anisotropicGaussEntry(context: PlanContext, profile: Profile, variant: Variant): PlanEntry {
	const { problem, epsilon, asked, runtime } = context;
	const common = { algorithm: `polynomial/${variant.route}`, options: { ...optionsOf(variant), ...asked } };
	try {
		const request = anisotropicRequest(problem, profile, runtime, "v2");
		const chosen = anisotropicSetWithin(request, epsilon);
		const { degree, size, raisedSize } = chosen.set.tree;
		return {
			...common,
			detail: `rows' own degree ${degree}, anisotropic, K = ${size}${exactRowsText(chosen.exactRows)}`,
			milliseconds: runTime(context, variant, { degree, size, raisedSize }, { exactRows: chosen.exactRows }),
			choosing: setChoiceTime(problem, "gauss", raisedSize),
			degree,
			rank: size,
			certificate: { kind: "a-posteriori", bound: epsilon },
			run: (other = epsilon) => anisotropicWithin(request, other, other === epsilon ? chosen : undefined),
		};
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { ...common, detail: detailOf(variant), reason: failure.message };
	}
}
