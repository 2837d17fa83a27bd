import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	type GradientResult,
	skipUnless,
} from "@attgrad/attention-problem";
import { kernelCompileTime, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { peakRssMb } from "../system/index.ts";

/** A gradient with what it cost. */
export interface MeasuredGradient {
	readonly result: GradientResult;
	/** Wall-clock time of the one run. */
	readonly milliseconds: number;
	/** The part of it spent on compiling kernels, once a process: 0 where they were there. Undefined for another program's run. */
	readonly compileMilliseconds?: number;
	/** Largest resident memory of the whole process until now, or of the program that computed, MiB. */
	readonly peakRssMb: number;
}

/**
 * Runs an algorithm once on a problem and tells time and memory.
 * @param options the algorithm's options, defaults included
 * @throws ComputationError `skipped` where the algorithm does not take the problem; whatever the algorithm throws
 */
export async function measureGradient(
	algorithm: AnyGradientAlgorithm,
	problem: AttentionProblem<RowSource>,
	options: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): Promise<MeasuredGradient> {
	skipUnless(algorithm.supports(problem, options));
	if (algorithm.timeRuns) {
		const { result, milliseconds, peakRssMb } = await algorithm.timeRuns(problem, options, runtime, 0);
		return { result, milliseconds: milliseconds[0], peakRssMb };
	}
	const compiled = kernelCompileTime();
	const start = performance.now();
	const result = await algorithm.run(problem, options, runtime);
	return {
		result,
		milliseconds: performance.now() - start,
		compileMilliseconds: kernelCompileTime() - compiled,
		peakRssMb: peakRssMb(),
	};
}
