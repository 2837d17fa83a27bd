import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { type Pilot, pilotDegree, pilotGradient } from "../relative/pilot.ts";
import { sampledPilot } from "../relative/sampled-pilot.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import { GAUSS, variants, variantTime } from "./candidates/polynomial-candidates.ts";

/** Part of the exact method's time that a pilot may take. */
const PILOT_SHARE = 0.3;

/**
 * About how large the gradient is: from a pilot, or where that takes too long, from the exact gradient of a sample of rows, as if its
 * rows added up at random. What is proved does not rest on it.
 */
export async function gradientSize(context: Omit<PlanContext, "epsilon">, exactTime: number): Promise<Pilot> {
	const { problem, runtime } = context;
	const profile = await context.profile();
	const degree = pilotDegree(gaussRequest(problem, profile, runtime, "l1"));
	if (degree !== undefined) {
		const { d } = problem;
		const sizes = { size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1), degree };
		const time = variantTime(context, variants[GAUSS], sizes);
		if (time < PILOT_SHARE * exactTime) return pilotGradient(problem, profile, runtime, degree);
	}
	return sampledPilot(problem, runtime);
}
