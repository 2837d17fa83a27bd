import { findForward } from "@attgrad/algorithms";
import {
	type AnyForwardAlgorithm,
	type AttentionLayer,
	computeOutput,
	type LayerOutput,
} from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { checkOptions } from "./check-options.ts";

/** How an output is computed. Besides these, the options of the algorithm. */
export interface ForwardOptions {
	/** `auto`, `exact` or `polynomial`, or an algorithm of your own. @default "auto" */
	readonly algorithm?: string | AnyForwardAlgorithm;
	/** Kernels and threads to compute on. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
	/** Largest error of an entry that you accept. */
	readonly epsilon?: number;
	/** The same as a part of the largest entry. @default 1e-3 for `auto` and `polynomial`, if no other accuracy is given */
	readonly relative?: number;
	readonly [option: string]: unknown;
}

/**
 * The output of a layer in memory, n x d, with a certificate where a polynomial was used. A problem is a layer too.
 *
 * ```ts
 * const { output } = await forward(projectedLayer({ Q, K, V }), { epsilon: 1e-6 });
 * ```
 *
 * @throws UsageError for an unknown algorithm or an option that it does not have or refuses
 * @throws ComputationError where the algorithm fails on the layer
 */
export async function forward(
	layer: AttentionLayer<RowSource>,
	{ algorithm = "auto", runtime, ...options }: ForwardOptions = {},
): Promise<LayerOutput> {
	const chosen = typeof algorithm === "string" ? findForward(algorithm) : algorithm;
	checkOptions(chosen, options);
	return computeOutput(chosen, layer, options, runtime);
}
