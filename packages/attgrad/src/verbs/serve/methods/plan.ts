import { oneAccuracy, planGradient, relativeOption } from "@attgrad/approx-gradient";
import type { Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { describePlan } from "../../plan/run.ts";
import type { Answer } from "../answer.ts";
import { readOptions, readParams } from "../params.ts";
import type { ServeRequest } from "../request.ts";
import { problemOf, problemParams } from "./gradient.ts";

const params = z
	.object({ ...problemParams.shape, epsilon: z.number().positive().optional(), relative: relativeOption })
	.refine(...oneAccuracy("plan"));

/** Answers `plan`: predicted time and provable error of each algorithm on a problem, and the pick of `auto`. */
export async function answerPlan(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	const { own, others } = readParams(params, request.params);
	readOptions({ name: "plan", options: z.strictObject({}) }, others, params);
	const problem = problemOf(request, own);
	const { n, d, A1 } = problem;
	const { epsilon, relative } = own;
	const plan = await planGradient(problem, { epsilon, relative, thorough: true }, runtime);
	const call = { n, d, dtype: A1.dtype, kernel: runtime.kernel, threads: runtime.threads };
	return { result: describePlan(plan, call) };
}
