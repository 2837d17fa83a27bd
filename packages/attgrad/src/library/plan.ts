import { type Plan, planGradient } from "@attgrad/approx-gradient";
import { type AttentionProblem, withRuntime } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";

/** Options of `plan`. */
export interface PlanOptions {
	/** Error to prove for every entry of the gradient. @default 1e-6 */
	readonly epsilon?: number;
	/** Kernels and threads to plan for. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
}

/**
 * The predicted time and provable error of each algorithm on a problem, and which one `auto` picks. Computes no gradient.
 * The first call on a machine measures its speed, half a second.
 * @throws UsageError unless epsilon is a number > 0
 */
export async function plan(
	problem: AttentionProblem<RowSource>,
	{ epsilon = 1e-6, runtime }: PlanOptions = {},
): Promise<Plan> {
	if (!(epsilon > 0)) throw new UsageError(`plan: epsilon must be > 0, got ${epsilon}`);
	return withRuntime(runtime, (on) => planGradient(problem, { epsilon, thorough: true }, on));
}
