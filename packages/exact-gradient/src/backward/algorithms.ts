import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	defineBackward,
	type KeyIntervals,
	type Reason,
} from "@attgrad/attention-problem";
import { type Matrix, materialise, moduleBeside, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { operandsWithoutOffsets, scaledOperands } from "../range/scaled-operands.ts";
import { definitionBackward } from "./definition.ts";
import { kernelBackward } from "./kernel-backward.ts";
import { type FullResult, finishResults } from "./results.ts";
import { streamingBackward } from "./streaming.ts";
import { FLOPS_OF_COLUMN, withinDays } from "./within-days.ts";

/** Most entries that an n_q x n_k matrix of `definition` may have: 2·10⁷ doubles are 160 MB, and it holds five. */
const largestScores = 2e7;

/** The backward pass by its definition, with n_q x n_k matrices. */
export const backwardDefinition = defineBackward({
	name: "definition",
	summary: "the definition with n_q x n_k matrices, for small n",
	exact: true,
	version: 1,
	modules: [
		moduleBeside(import.meta.url, "definition").href,
		moduleBeside(import.meta.url, "../range/scaled-operands").href,
	],
	options: z.strictObject({}),
	supports: ({ n_q, n_k }): true | Reason => {
		if (n_q * n_k <= largestScores) return true;
		return {
			reason: `definition: ${n_q} x ${n_k} scores are more than ${largestScores.toExponential(0)}; use streaming`,
		};
	},
	run: (problem) => inRange("definition", inMemory(problem), definitionBackward, true),
});

/** The backward pass in row blocks, on the runtime's kernel and threads: 6 (d + d_v) flops a visible pair, memory O(n (d + d_v)). */
export const backwardStreaming = defineBackward({
	name: "streaming",
	summary: "row blocks over the keys that they see, memory O(n (d + d_v))",
	exact: true,
	version: 1,
	modules: [
		moduleBeside(import.meta.url, "streaming").href,
		moduleBeside(import.meta.url, "kernel-backward").href,
		moduleBeside(import.meta.url, "../range/scaled-operands").href,
	],
	options: z.strictObject({}),
	supports: (problem) => withinDays(problem, FLOPS_OF_COLUMN.backward),
	run: (problem, _, runtime) => streamingOn(runtime, problem),
});

/**
 * The pass of `backwardStreaming` where each query of a head sees the keys of an interval that is given with it, whatever the problem's visibility:
 * rows of several masks in one pass, or some rows of one. The ends of the intervals never fall.
 * @throws ComputationError where memory cannot grow, or a number is not finite
 */
export const intervalBackward = (
	problem: BackwardProblem<RowSource>,
	intervals: KeyIntervals,
	runtime: Runtime,
): Promise<FullResult> => streamingOn(runtime, problem, intervals);

function streamingOn(
	runtime: Runtime,
	problem: BackwardProblem<RowSource>,
	intervals?: KeyIntervals,
): Promise<FullResult> {
	const isPlain = runtime.kernel === "js";
	const run = async (scaled: BackwardProblem<RowSource>): Promise<FullResult> => {
		if (isPlain) return streamingBackward(scaled, runtime.onProgress, intervals);
		const own = { ...(intervals && { intervals }), allocate: runtime.allocateResult };
		return finishResults("streaming", await kernelBackward(scaled, runtime, own), scaled.Q.dtype);
	};
	return inRange("streaming", problem, run, isPlain);
}

/** The exact backward algorithms, slowest first. */
export const exactBackwards: readonly AnyBackwardAlgorithm[] = [backwardDefinition, backwardStreaming];

/**
 * Runs an exact pass on operands whose products stay in the range, and takes its results back.
 * @param isPlain whether the pass is in plain TypeScript, which does not centre keys and values itself
 */
async function inRange<Rows extends RowSource>(
	algorithm: string,
	problem: BackwardProblem<Rows>,
	run: (problem: BackwardProblem<Rows>) => FullResult | Promise<FullResult>,
	isPlain = false,
): Promise<FullResult> {
	const flat = isPlain ? operandsWithoutOffsets(problem) : undefined;
	const given = flat?.operands ?? problem;
	const scaled = scaledOperands(given);
	const made = await run(scaled?.operands ?? given);
	const inUnits = scaled?.back(made) ?? made;
	if (!flat && !scaled) return made;
	return finishResults(algorithm, flat?.back(inUnits) ?? inUnits, problem.Q.dtype);
}

function inMemory(problem: BackwardProblem<RowSource>): BackwardProblem {
	const read = (source: RowSource): Matrix => materialise(source);
	const { Q, K, V, dO } = problem;
	return { ...problem, Q: read(Q), K: read(K), V: read(V), dO: read(dO) };
}
