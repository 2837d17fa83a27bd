import { streaming } from "@attgrad/exact-gradient";
import { maxAbs } from "@attgrad/matrix-core";
import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { type Pilot, pilotDegree, pilotGradient } from "../relative/pilot.ts";
import { subProblem } from "../rows/sub-problem.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import { GAUSS, variants, variantTime } from "./candidates/polynomial-candidates.ts";

/** Rows of the sample that a gradient's size is guessed from where no pilot serves. */
const SAMPLE_ROWS = 512;

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
	const grown = Math.sqrt(Math.max(1, problem.n / SAMPLE_ROWS));
	return { largest: (await sampleSize(context)) * grown, floor: 0, degree: 0 };
}

/** The largest entry of the exact gradient of a sample of rows. */
export async function sampleSize({ problem, runtime }: Pick<PlanContext, "problem" | "runtime">): Promise<number> {
	const sample = subProblem(problem, SAMPLE_ROWS);
	const { gradient } = await streaming.run(sample, streaming.options.parse({}), runtime);
	return maxAbs(gradient);
}
