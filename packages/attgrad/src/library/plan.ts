import { type Plan, planGradient } from "@attgrad/approx-gradient";
import { type AttentionProblem, withRuntime } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";

/** Options of `plan`. */
export interface PlanOptions {
	/** Error to prove for every entry of the gradient. */
	readonly epsilon?: number;
	/** The same as a part of the largest entry. @default 1e-3, where there is no epsilon */
	readonly relative?: number;
	/** Kernels and threads to plan for. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
}

/**
 * The predicted time and provable error of each algorithm on a problem, and which one `auto` picks. For a relative error the
 * gradient is computed at a low degree, to tell about how large it is.
 * The first call on a machine measures its speed, half a second.
 * @throws UsageError unless epsilon is a number > 0, or relative one between 0 and 1
 */
export async function plan(
	problem: AttentionProblem<RowSource>,
	{ epsilon, relative, runtime }: PlanOptions = {},
): Promise<Plan> {
	if (epsilon !== undefined && !(epsilon > 0)) throw new UsageError(`plan: epsilon must be > 0, got ${epsilon}`);
	if (relative !== undefined && !(relative > 0 && relative < 1))
		throw new UsageError(`plan: relative must be > 0 and < 1, got ${relative}`);
	if (epsilon !== undefined && relative !== undefined)
		throw new UsageError("plan: give one of epsilon and relative, not both");
	return withRuntime(runtime, (on) => planGradient(problem, { epsilon, relative, thorough: true }, on));
}
