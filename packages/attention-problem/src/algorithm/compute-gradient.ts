import type { RowSource, Runtime } from "@attgrad/matrix-core";
import type { z } from "zod";
import type { AttentionProblem } from "../problem/problem.ts";
import { type GradientAlgorithm, type GradientResult, skipUnless } from "./algorithm.ts";
import { withRuntime } from "./with-runtime.ts";

/**
 * The gradient of a problem by an algorithm: its options are completed and checked, and whether it takes the problem is
 * asked first. Cost: the algorithm's, and some 100 ms for a runtime where none is given.
 * @param options as on the command line; what is left out has the algorithm's default
 * @param runtime kernels and threads to compute on; default: a runtime of one thread for this call
 * @throws ZodError for options that the algorithm does not have or refuses
 * @throws ComputationError `skipped` where the algorithm does not take the problem, another status where it fails on it
 */
export async function computeGradient<Options extends z.ZodObject>(
	algorithm: GradientAlgorithm<Options>,
	problem: AttentionProblem<RowSource>,
	options?: z.input<Options>,
	runtime?: Runtime,
): Promise<GradientResult> {
	const complete = algorithm.options.parse(options ?? {});
	skipUnless(algorithm.supports(problem, complete));
	return withRuntime(runtime, (on) => algorithm.run(problem, complete, on));
}
