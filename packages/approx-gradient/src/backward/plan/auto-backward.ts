import { type BackwardProblem, type BackwardResult, defineBackward, skipUnless } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { oneAccuracy, relativeOption } from "../../accuracy.ts";
import { backwardHybrid } from "../hybrid/hybrid-backward.ts";
import { planBackward } from "../plan-backward.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";
import type { BackwardAccuracy } from "./expected-degree.ts";
import { hybridChoice } from "./hybrid-foresight.ts";

/** Picks an algorithm for a backward problem: the exact one, unless an accuracy is asked for that polynomials prove in less time. */
export const autoBackward = defineBackward({
	name: "auto",
	summary: "the fastest algorithm that keeps the bound that was asked for",
	exact: false,
	version: 3,
	options: z
		.strictObject({
			epsilon: backwardPolynomial.options.shape.epsilon,
			relative: relativeOption.describe(
				"bound on the error of each gradient as a part of its largest entry; default: exact up to rounding",
			),
		})
		.refine(...oneAccuracy("auto")),
	// Without an accuracy there is the exact pass alone.
	supports: (problem, { epsilon, relative }) =>
		epsilon === undefined && relative === undefined ? backwardStreaming.supports(problem, {}) : true,
	run: async (problem, asked, runtime, wants): Promise<BackwardResult> => {
		const defaults = backwardPolynomial.options.parse({});
		const { degree, next, why, share = 1 } = await planBackward(problem, asked, defaults.chunk, runtime);
		// Where no accuracy is asked for there is nothing to choose.
		const isAsked = asked.epsilon !== undefined || asked.relative !== undefined;
		const lowRank = isAsked ? await byHybrid(problem, asked, share, runtime) : undefined;
		if (lowRank) return lowRank;
		if (isAsked)
			runtime.onNotice?.(`auto: ${degree === undefined ? backwardStreaming.name : backwardPolynomial.name}, ${why}`);
		let refused = why;
		for (const tried of [degree, next]) {
			if (tried === undefined) continue;
			try {
				const result = await backwardPolynomial.run(problem, { ...defaults, ...asked, degree: tried }, runtime, wants);
				return { ...result, picked: { algorithm: backwardPolynomial.name, why, exact: false } };
			} catch (error) {
				if (!(error instanceof ComputationError)) throw error;
				refused = `exact up to rounding; ${error.message}`;
			}
		}
		if (refused !== why) runtime.onNotice?.(`auto: ${backwardStreaming.name}, ${refused}`);
		skipUnless(backwardStreaming.supports(problem, {}));
		const result = await backwardStreaming.run(problem, {}, runtime, wants);
		return { ...result, picked: { algorithm: backwardStreaming.name, why: refused, exact: true } };
	},
});

/** By `hybrid`, where that is foreseen to take much less; undefined where it is not, or does not prove what a sample promised. */
async function byHybrid(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	share: number,
	runtime: Runtime,
): Promise<BackwardResult | undefined> {
	const choice = await hybridChoice(problem, asked, share, runtime);
	if (!choice) return undefined;
	runtime.onNotice?.(`auto: ${backwardHybrid.name}, ${choice.why}`);
	try {
		const result = await backwardHybrid.run(problem, backwardHybrid.options.parse(asked), runtime);
		return { ...result, picked: { algorithm: backwardHybrid.name, ...choice, exact: false } };
	} catch (error) {
		if (!(error instanceof ComputationError)) throw error;
		runtime.onNotice?.(`auto: ${error.message}`);
		return undefined;
	}
}
