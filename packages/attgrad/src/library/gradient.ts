import { findAlgorithm } from "@attgrad/algorithms";
import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	computeGradient,
	type GradientResult,
} from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { checkOptions } from "./check-options.ts";

/** How a gradient is computed. Besides these, the options of the algorithm: `epsilon`, `degree`, … (`attgrad list`). */
export interface GradientOptions {
	/** A name as on the command line (`exact`, `polynomial/moment`), or an algorithm of your own. @default "auto" */
	readonly algorithm?: string | AnyGradientAlgorithm;
	/** Kernels and threads to compute on. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
	/** Largest error of an entry that you accept. */
	readonly epsilon?: number;
	/** The same as a part of the largest entry. @default 1e-3 for `auto` and `polynomial`, if no other accuracy is given */
	readonly relative?: number;
	readonly [option: string]: unknown;
}

/**
 * The gradient dL/dX of a problem (d x d) with the loss, and a certificate where the algorithm gives one.
 * `auto` picks the cheapest algorithm that proves `epsilon` or `relative`; `picked` in the result says which and why. It refuses
 * at once what only the exact method could do, in more than two minutes.
 *
 * ```ts
 * const { gradient: dX, certificate } = await gradient(problem, { relative: 1e-3 });
 * ```
 *
 * Cost: the algorithm's, and some 100 ms for a runtime unless one is given.
 * @throws UsageError for an unknown algorithm or an option that it does not have or refuses
 * @throws ComputationError where the algorithm does not take the problem or fails on it
 */
export async function gradient(
	problem: AttentionProblem<RowSource>,
	{ algorithm = "auto", runtime, ...options }: GradientOptions = {},
): Promise<GradientResult> {
	const chosen = typeof algorithm === "string" ? findAlgorithm(algorithm) : { algorithm, options: {} };
	const all = { ...chosen.options, ...options };
	checkOptions(chosen.algorithm, all);
	return computeGradient(chosen.algorithm, problem, all, runtime);
}
