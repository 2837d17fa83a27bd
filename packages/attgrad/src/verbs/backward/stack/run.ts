import { type StackResult, stackAlgorithms, stackGradients } from "@attgrad/algorithms";
import { readStack, type StackFile, type StackWeights, splitHeads, writeArrays } from "@attgrad/attention-problem";
import { peakRssMb } from "@attgrad/harness/gradient";
import { ComputationError, type Matrix, UsageError } from "@attgrad/matrix-core";
import { openRuntime } from "../../../flags/runtime-flags.ts";
import { progressLine } from "../../../terminal/progress-line.ts";
import type { BackwardRequest } from "../request.ts";
import { describeStack, describeStackFailure, printStack, type StackChoice } from "./answer.ts";

/**
 * Reads a stack, computes the gradients in its input and weights, writes them where asked and prints the answer.
 * @throws UsageError for a wrong call or input; ComputationError when the gradients cannot be had as asked
 */
export async function answerStack(request: BackwardRequest, input: string, target: string | undefined): Promise<void> {
	const choice = chosen(request);
	const { json, threads, kernel, scale, mask, window, residual } = request;
	const visibility = { mask, ...(window !== undefined && { window }) };
	const file = readStack(input, { scale, visibility, residual });
	const progress = progressLine();
	try {
		const runtime = await openRuntime({ threads, kernel }, progress);
		try {
			const start = performance.now();
			const result = await stackGradients(file.stack, choice, runtime);
			const milliseconds = performance.now() - start;
			progress.clear();
			if (target !== undefined) await writeArrays(target, arraysOf(request, file, result));
			const computed = { request, choice, file, result, milliseconds, peakRssMb: peakRssMb(), runtime };
			printStack(describeStack(computed), json);
		} finally {
			await runtime.close();
		}
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError)
			console.log(JSON.stringify(describeStackFailure(choice, file, failure)));
		throw failure;
	}
}

/** @throws UsageError for an algorithm or an accuracy that stacks do not have */
function chosen({ algorithm: { name }, options, dtype }: BackwardRequest): StackChoice {
	const { degree, relative, epsilon, chunk } = options as Readonly<Record<string, number | undefined>>;
	if (dtype === "f32") throw new UsageError("--dtype f32: the gradients of a stack are computed in double precision");
	if (epsilon !== undefined)
		throw new UsageError(`--epsilon ${epsilon}: what is proved of a stack is relative; use --relative`);
	if (chunk !== undefined && chunk !== 64) throw new UsageError(`--chunk ${chunk}: stacks have chunks of 64 rows`);
	if (name === "auto") return { algorithm: relative === undefined ? "streaming" : "polynomial", relative };
	const algorithm = stackAlgorithms.find((one) => one === name);
	if (!algorithm) throw new UsageError(`--algorithm ${name}: stacks take auto, exact or polynomial`);
	return { algorithm, degree, relative };
}

/** The gradients by the names of their arrays, shaped like E and the weights. */
function arraysOf({ withOutput }: BackwardRequest, { stack, shapes }: StackFile, { dE, output, layers }: StackResult) {
	const { heads, n, d } = stack;
	const weights = (name: "Q" | "K" | "V") =>
		layers.map((layer) => (shapes.weights.length === 4 ? splitHeads(layer[name], heads) : layer[name]));
	const joined = (parts: readonly Matrix[]): Float64Array => {
		const all = new Float64Array(parts.reduce((sum, { data }) => sum + data.length, 0));
		let at = 0;
		for (const { data } of parts) {
			all.set(data, at);
			at += data.length;
		}
		return all;
	};
	const outputs = layers.flatMap(({ W_O }: StackWeights) => W_O ?? []);
	return {
		dE: { shape: [n, d], data: dE.data },
		...Object.fromEntries(
			(["Q", "K", "V"] as const).map((name) => [`d${name}`, { shape: shapes.weights, data: joined(weights(name)) }]),
		),
		...(shapes.W_O && { dW_O: { shape: shapes.W_O, data: joined(outputs) } }),
		...(withOutput && { O: { shape: [n, d], data: output.data } }),
	};
}
