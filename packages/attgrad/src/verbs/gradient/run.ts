import { type AttentionProblem, asDtype, openProblem, refuseUnless, writeNpy } from "@attgrad/attention-problem";
import { measureGradient } from "@attgrad/harness/gradient";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { outputPath } from "../../files/output-file.ts";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { type Computed, describeAnswer, describeFailure, printAnswer } from "./answer.ts";
import { gradientFlags } from "./flags.ts";
import { readMatrixNames } from "./matrix-names.ts";
import { type Selection, selectAlgorithm } from "./selection.ts";

/**
 * Computes the gradient of a problem whose rows are read from its file block by block, writes it where asked and prints
 * the answer. The call, the output file, and names and shapes in the problem's are checked before anything is computed;
 * entries as they are read.
 * @throws UsageError for a wrong call or input; ComputationError when the gradient cannot be had as asked
 */
export async function answerGradient(given: GivenFlags): Promise<void> {
	const { out, json, dtype, threads, kernel, algorithm, wrt } = readFlags(gradientFlags, given);
	const matrices = readMatrixNames(wrt);
	if (matrices.join() !== "X") {
		const { answerGradients } = await import("./several.ts");
		return answerGradients(given, matrices);
	}
	const request = selectAlgorithm(algorithm, given);
	const input = String(given["problem"]);
	const target = out === undefined ? undefined : await outputPath(out, { ending: ".npy", input });
	const file = await openProblem(input);
	const problem = asDtype(file.problem, dtype);
	const progress = progressLine();
	const runtime = await openRuntime({ threads, kernel }, progress);
	try {
		const computed = await compute(problem, request, runtime);
		progress.clear();
		if (target !== undefined) await writeNpy(target, computed.result.gradient);
		printAnswer(describeAnswer(computed, file.reference, out), json);
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError)
			console.log(JSON.stringify(describeFailure(problem, request, failure)));
		throw failure;
	} finally {
		await runtime.close();
		file.close();
	}
}

/** @throws UsageError when the algorithm does not take the problem */
async function compute(
	problem: AttentionProblem<RowSource>,
	selection: Selection,
	runtime: Runtime,
): Promise<Computed> {
	const { algorithm, options } = selection;
	refuseUnless(algorithm.supports(problem, options));
	const { kernel, threads } = runtime;
	return { problem, selection, kernel, threads, ...(await measureGradient(algorithm, problem, options, runtime)) };
}
