import { holdsOperands, openBackwardProblem, writeArrays } from "@attgrad/attention-problem";
import { peakRssMb } from "@attgrad/harness/gradient";
import { ComputationError, kernelCompileTime, UsageError } from "@attgrad/matrix-core";
import { outputPath } from "../../files/output-file.ts";
import type { GivenFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { describeBackward, describeBackwardFailure, printBackward } from "./answer.ts";
import { readBackwardRequest } from "./request.ts";
import { resultArrays } from "./result-arrays.ts";
import { answerStack } from "./stack/run.ts";

/**
 * Reads a layer or a stack of layers, computes its gradients, writes them where asked and prints the answer. The call, the output file, and names and
 * shapes in the layer's are checked before anything is computed; entries as they are read.
 * @throws UsageError for a wrong call or input; ComputationError when the gradients cannot be had as asked
 */
export async function answerBackward(given: GivenFlags): Promise<void> {
	const request = readBackwardRequest(given);
	const { algorithm, options, out, json, dtype, threads, kernel, scale, mask, window } = request;
	const input = String(given["layer"]);
	const target = out === undefined ? undefined : await outputPath(out, { ending: ".npz", input });
	if (!holdsOperands(input)) return answerStack(request, input, target);
	if (request.residual) throw new UsageError("--residual: Q, K, V are those of one layer; a stack needs E and weights");
	const file = await openBackwardProblem(input, { dtype, scale, mask, window });
	const problem = file.operands;
	const progress = progressLine();
	try {
		const supported = algorithm.supports(problem, options);
		if (supported !== true) throw new UsageError(supported.reason);
		const runtime = await openRuntime({ threads, kernel }, progress);
		try {
			const [start, compiled] = [performance.now(), kernelCompileTime()];
			const result = await algorithm.run(problem, options, runtime, { output: request.withOutput });
			const milliseconds = performance.now() - start;
			const compileMilliseconds = kernelCompileTime() - compiled;
			progress.clear();
			if (target !== undefined) await writeArrays(target, resultArrays(problem, result, request));
			const computed = { request, problem, result, milliseconds, compileMilliseconds, peakRssMb: peakRssMb(), runtime };
			printBackward(describeBackward(computed), json);
		} finally {
			await runtime.close();
		}
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError)
			console.log(JSON.stringify(describeBackwardFailure(request, problem, failure)));
		throw failure;
	} finally {
		file.close();
	}
}
