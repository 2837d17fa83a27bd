import { oneAccuracy, planBackwardEntries, planGradient, relativeOption } from "@attgrad/approx-gradient";
import type { Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { describeBackwardPlan } from "../../plan/layer.ts";
import { describePlan } from "../../plan/run.ts";
import type { Answer } from "../answer.ts";
import { operatorParams, readOptions, readParams } from "../params.ts";
import type { ServeRequest } from "../request.ts";
import { backwardProblemOf } from "./backward.ts";
import { problemOf, problemParams } from "./gradient.ts";

const accuracy = { epsilon: z.number().positive().optional(), relative: relativeOption };
const ofProblem = z.object({ ...problemParams.shape, ...accuracy }).refine(...oneAccuracy("plan"));
const ofLayer = z.object({ ...operatorParams.shape, ...accuracy }).refine(...oneAccuracy("plan"));

/** Options of no algorithm: every parameter that a method does not have itself is refused. */
const noOptions = { name: "plan", options: z.strictObject({}) };

/** Answers `plan`: predicted time and provable error of each algorithm on a problem or a layer, and the pick of `auto`. */
export async function answerPlan(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	if (request.arrays.has("Q")) return answerLayerPlan(request, runtime);
	const { own, others } = readParams(ofProblem, request.params);
	readOptions(noOptions, others, ofProblem);
	const problem = problemOf(request, own);
	const { n, d, A1 } = problem;
	const { epsilon, relative } = own;
	const plan = await planGradient(problem, { epsilon, relative, thorough: true }, runtime);
	const call = { n, d, dtype: A1.dtype, kernel: runtime.kernel, threads: runtime.threads };
	return { result: describePlan(plan, call) };
}

async function answerLayerPlan(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	const { own, others } = readParams(ofLayer, request.params);
	readOptions(noOptions, others, ofLayer);
	const problem = backwardProblemOf(request, own);
	const { epsilon, relative } = own;
	const plan = await planBackwardEntries(problem, { epsilon, relative }, runtime);
	return { result: describeBackwardPlan(plan, problem, runtime) };
}
