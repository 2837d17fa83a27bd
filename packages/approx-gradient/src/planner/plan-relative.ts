import { ABSOLUTE_OF_ZERO } from "../accuracy.ts";
import type { Pilot } from "../relative/pilot.ts";
import { sampleSize } from "../relative/sampled-pilot.ts";
import { epsilonFor, maybeZero, withinRelative, zeroRemark } from "../relative/within-relative.ts";
import { exactEntry } from "./candidates/exact-candidate.ts";
import type { PlanContext, RelativeContext } from "./candidates/plan-context.ts";
import { guessedDegree, timeAtDegree, unseenVariant, variants } from "./candidates/polynomial-candidates.ts";
import { type Plan, type PlanEntry, type PlanTarget, planOf } from "./plan.ts";
import { refusedFromSample } from "./sample-refusal.ts";
import { gradientSize } from "./target.ts";

/** A degree that proves little: polynomials that are of use take longer. */
const LEAST_USEFUL = 2;

/** Milliseconds that a sample, a pilot and the choice take together at the least. */
const CHOICE = 1.8;

/**
 * Where a size from a sample does for a pilot: pilots of fewer milliseconds are not worth it; a part of the sample's size, so that too small
 * an error is proved rather than too large a one; how many degrees that may cost, and which part of a pilot's time these may.
 */
const GUESS = { pilot: 4, size: 0.5, degrees: 2, share: 0.6 };

/** The degree of most pilots. */
const PILOT_DEGREE = 2;

/**
 * The plan for an error as a part of max |g|. Where the exact method takes little time nothing is looked at; where it takes
 * minutes and a sample shows that nothing proves the error, the plan is a refusal at once. Otherwise the size of the gradient comes from a pilot, or from
 * a sample where a degree more costs less than a pilot.
 * @param planWithin the plan for an absolute error
 * @param thorough leaves nothing out
 */
export async function planRelative(
	base: RelativeContext,
	planWithin: (context: PlanContext) => Promise<Plan>,
	thorough: boolean,
): Promise<Plan> {
	const { n, d, A1 } = base.problem;
	const exactTime = base.model.timeOf("streaming", { n, d });
	const planFor = (size: Pilot): Promise<Plan> => planOfSize(base, size, planWithin);
	if (!thorough) {
		// The exact method's error is rounding: the size of the gradient does not matter to it.
		const least = timeAtDegree(base, LEAST_USEFUL) + CHOICE;
		if (A1.dtype === "f64" && least >= exactTime) return exactAtOnce(base, least);
		const early = (await refusedFromSample(base, exactTime)) ?? (await planByGuess(base, planFor));
		if (early) return early;
	}
	return planFor(await gradientSize(base, exactTime));
}

function exactAtOnce(base: RelativeContext, least: number): Plan {
	const context = { ...base, epsilon: 0 };
	const reason = `finding the size of the gradient, choosing a polynomial and running it take longer at n = ${base.problem.n}`;
	const polynomials = variants.map((variant) => unseenVariant(context, variant, reason, least));
	return { ...planOf([exactEntry(context), ...polynomials]), target: base.asked };
}

/**
 * The plan for a size from a sample, with a degree or two more than a pilot would ask for. Undefined where these cost about what
 * a pilot does, or more, or no polynomial is chosen.
 */
async function planByGuess(base: RelativeContext, planFor: (size: Pilot) => Promise<Plan>): Promise<Plan | undefined> {
	const pilotTime = timeAtDegree(base, PILOT_DEGREE);
	if (pilotTime < GUESS.pilot) return undefined;
	const largest = GUESS.size * (await sampleSize(base.problem, base.runtime));
	if (!(largest > 0)) return undefined;
	// The degree is guessed from few rows first: no plan is made where it is too dear.
	const guess = await guessedDegree({ ...base, epsilon: epsilonFor(base.asked.relative, largest) });
	const dearer = (time: number, degree: number): number =>
		time - timeAtDegree(base, Math.max(1, degree - GUESS.degrees));
	if (!(dearer(timeAtDegree(base, guess.degree), guess.degree) < GUESS.share * pilotTime)) return undefined;
	const plan = await planFor({ largest, floor: 0, degree: 0 });
	const { degree, milliseconds = Number.POSITIVE_INFINITY } = plan.chosen;
	if (plan.refusal !== undefined || degree === undefined) return undefined;
	return dearer(milliseconds, degree) < GUESS.share * pilotTime ? plan : undefined;
}

/** The plan for a gradient of about this size; its runs prove the relative error. */
async function planOfSize(
	base: RelativeContext,
	pilot: Pilot,
	planWithin: (context: PlanContext) => Promise<Plan>,
): Promise<Plan> {
	const { problem, runtime } = base;
	const { relative } = base.asked;
	const zero = maybeZero(pilot);
	const epsilon = zero ? ABSOLUTE_OF_ZERO : epsilonFor(relative, pilot.largest);
	const target: PlanTarget = zero
		? { epsilon, remark: zeroRemark(pilot) }
		: { epsilon, relative, largest: pilot.largest };
	const plan = await planWithin({ ...base, epsilon });
	const request = { problem, relative, runtime, pilot };
	const entries = plan.entries.map((entry): PlanEntry => {
		const { run, certificate } = entry;
		// An exact result carries no bound that a relative error can be derived from.
		if (!run || (certificate?.kind === "exact" && certificate.bound === undefined)) return entry;
		return { ...entry, run: () => withinRelative(request, (absolute) => run(absolute)) };
	});
	return { ...plan, entries, chosen: entries[0], target };
}
