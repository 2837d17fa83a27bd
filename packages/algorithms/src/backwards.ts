import {
	approximateBackwards,
	backwardPolynomial,
	oneAccuracy,
	planBackward,
	relativeOption,
} from "@attgrad/approx-gradient";
import { type AnyBackwardAlgorithm, type BackwardResult, defineBackward, skipUnless } from "@attgrad/attention-problem";
import { backwardStreaming, exactBackwards } from "@attgrad/exact-gradient";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";

/** Every backward algorithm of the project, exact ones first. Adding one is adding it to its package's list. */
export const backwards: readonly AnyBackwardAlgorithm[] = [...exactBackwards, ...approximateBackwards];

/** Picks an algorithm for a backward problem: the exact one, unless an accuracy is asked for that polynomials prove in less time. */
export const autoBackward = defineBackward({
	name: "auto",
	summary: "the fastest algorithm that keeps the bound that was asked for",
	exact: false,
	version: 2,
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
		const { degree, why } = await planBackward(problem, asked, defaults.chunk, runtime);
		// Where no accuracy is asked for there is nothing to choose.
		const isAsked = asked.epsilon !== undefined || asked.relative !== undefined;
		if (isAsked)
			runtime.onNotice?.(`auto: ${degree === undefined ? backwardStreaming.name : backwardPolynomial.name}, ${why}`);
		let refused = why;
		if (degree !== undefined)
			try {
				const result = await backwardPolynomial.run(problem, { ...defaults, ...asked, degree }, runtime, wants);
				return { ...result, picked: { algorithm: backwardPolynomial.name, why, exact: false } };
			} catch (error) {
				if (!(error instanceof ComputationError)) throw error;
				refused = `exact up to rounding; ${error.message}`;
				runtime.onNotice?.(`auto: ${backwardStreaming.name}, ${refused}`);
			}
		skipUnless(backwardStreaming.supports(problem, {}));
		const result = await backwardStreaming.run(problem, {}, runtime, wants);
		return { ...result, picked: { algorithm: backwardStreaming.name, why: refused, exact: true } };
	},
});

/** Names that `findBackward` knows: auto, exact (another name of streaming), and the algorithms. */
export const backwardNames: readonly string[] = ["auto", "exact", ...backwards.map(({ name }) => name)];

/** The backward algorithm of a name. @throws UsageError for an unknown name */
export function findBackward(name: string): AnyBackwardAlgorithm {
	const wanted = name === "exact" ? backwardStreaming.name : name;
	const found = [autoBackward, ...backwards].find((algorithm) => algorithm.name === wanted);
	if (!found) throw new UsageError(`unknown backward algorithm: ${name} (known: ${backwardNames.join(", ")})`);
	return found;
}
