import { shortDuration, shortNumber } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../accuracy.ts";
import { leastProvable } from "../polynomial/gauss/degree-choice.ts";
import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { sampleScores } from "../polynomial/gauss/score-sample.ts";
import { epsilonFor, maybeZero } from "../relative/within-relative.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import { GAUSS, gaussEntry, variants } from "./candidates/polynomial-candidates.ts";
import type { Plan } from "./plan.ts";
import { gradientSize } from "./target.ts";

/** Milliseconds that the exact method may take without being asked for. */
export const PATIENCE = 120_000;

/** Milliseconds that a proof may take without being asked for. */
export const LONGEST_PROOF = 3_600_000;

/**
 * Why `auto` should run nothing: only the exact method proves what is asked for, or nothing does, and that takes longer than two minutes,
 * with what could be proved, what that costs, and what the exact method would; or the fastest proof takes more than an hour.
 * Undefined where there is no reason.
 */
export async function refusalOf(context: PlanContext, { entries, chosen }: Plan): Promise<string | undefined> {
	const exact = entries.find(({ certificate }) => certificate?.kind === "exact");
	const exactTime = exact?.milliseconds;
	if (exactTime === undefined || exactTime < PATIENCE) return undefined;
	if (chosen.run && chosen !== exact) {
		const { algorithm, milliseconds = 0 } = chosen;
		return milliseconds < LONGEST_PROOF
			? undefined
			: `the fastest proof, by ${algorithm}, would take ${shortDuration(milliseconds)}: ask for it by name`;
	}
	const { problem, runtime } = context;
	const profile = await context.profile();
	const request = gaussRequest(problem, profile, runtime, "v2");
	const provable = leastProvable(request, sampleScores(problem, request));
	const reach = reachOf(context, provable, request.space.radius);
	return [
		reach,
		await relativeWay(context, exactTime),
		`the exact method takes ${shortDuration(exactTime)}: ask for it by name`,
	]
		.filter(Boolean)
		.join("; ");
}

/** Says that an accuracy cannot be proved: the least bound that can, or that scores are too large for any. */
export function reachOf(
	{ problem, asked }: Pick<PlanContext, "problem" | "asked">,
	{ bound, degree }: { bound: number; degree: number },
	radius: number,
): string {
	const what = "relative" in asked ? `relative ${shortNumber(asked.relative)}` : shortNumber(asked.epsilon);
	const type = problem.A1.dtype === "f64" ? "double" : "single";
	return Number.isFinite(bound)
		? `${what} is below what ${type} precision can prove here (${bound.toPrecision(2)}, at degree ${degree})`
		: `no polynomial proves ${what} here: the scores are too large for it (radius ${radius.toPrecision(3)})`;
}

/** The time of the default relative error, in words, where it can be proved and was not asked for. */
async function relativeWay(context: PlanContext, exactTime: number): Promise<string | undefined> {
	if ("relative" in context.asked) return undefined;
	const pilot = await gradientSize(context, exactTime);
	if (maybeZero(pilot)) return undefined;
	const profile = await context.profile();
	const other = { ...context, epsilon: epsilonFor(DEFAULT_RELATIVE, pilot.largest) };
	const { run, milliseconds = 0 } = gaussEntry(other, profile, variants[GAUSS]);
	return run && `relative ${DEFAULT_RELATIVE} takes ${shortDuration(milliseconds)}`;
}
