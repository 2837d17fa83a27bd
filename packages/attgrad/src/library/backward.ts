import { findBackward } from "@attgrad/algorithms";
import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	type BackwardResult,
	withRuntime,
} from "@attgrad/attention-problem";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { checkOptions } from "./check-options.ts";

/** How a backward pass is computed. Besides these, the options of the algorithm. */
export interface BackwardOptions {
	/** `auto`, `exact` or `definition`, or an algorithm of your own. @default "auto" */
	readonly algorithm?: string | AnyBackwardAlgorithm;
	/** Kernels and threads to compute on. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
	/** Whether the output and lse are wanted too. @default false */
	readonly withOutput?: boolean;
	readonly [option: string]: unknown;
}

/**
 * The gradients dQ, dK and dV of an attention layer, shaped like its operands, from an upstream gradient dO.
 *
 * ```ts
 * const { dQ, dK, dV } = await backward(createBackwardProblem({ Q, K, V, dO }, { visibility: { mask: "causal" } }));
 * ```
 *
 * @throws UsageError for an unknown algorithm or an option that it does not have or refuses
 * @throws ComputationError where the algorithm does not take the problem or fails on it
 */
export async function backward(
	problem: BackwardProblem<RowSource>,
	{ algorithm = "auto", runtime, withOutput = false, ...options }: BackwardOptions = {},
): Promise<BackwardResult> {
	const chosen = typeof algorithm === "string" ? findBackward(algorithm) : algorithm;
	checkOptions(chosen, options);
	const complete = chosen.options.parse(options);
	const supported = chosen.supports(problem, complete);
	if (supported !== true) throw new ComputationError("skipped", supported.reason);
	return withRuntime(runtime, (own) => chosen.run(problem, complete, own, { output: withOutput }));
}
