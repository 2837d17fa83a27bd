import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	defineBackward,
	type Reason,
	type TimedBackward,
} from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { contentVersion } from "./peers.ts";
import { pythonWith } from "./python.ts";
import { runBackwardCommand } from "./run-backward.ts";

const examples = new URL("../../../../examples/python/", import.meta.url);

/**
 * The exact backward pass in other software, to measure beside ours: each is one of the examples, `skipped` where the machine does not
 * have what it needs. They take one head, without a mask or with a causal one.
 */
export const backwardPeers: readonly AnyBackwardAlgorithm[] = [
	peer("numpy", "exact, NumPy in blocks of rows (examples/python/numpy_backward.py)", ["numpy"]),
	peer("torch", "exact, PyTorch's attention by autograd (examples/python/torch_backward.py)", ["numpy", "torch"]),
	peer("onnxruntime", "exact, ONNX Runtime by the formulas (examples/python/onnxruntime_backward.py)", [
		"numpy",
		"onnx",
		"onnxruntime",
	]),
];

function peer(name: string, summary: string, modules: readonly string[]): AnyBackwardAlgorithm {
	const file = `${name}_backward.py`;
	const path = (name: string) => fileURLToPath(new URL(name, examples));
	const timeRuns = async (
		problem: BackwardProblem<RowSource>,
		_: unknown,
		{ threads }: Runtime,
		budget: number,
	): Promise<TimedBackward> => {
		const command = `${pythonWith(...modules)} '${path(file).replaceAll("'", "'\\''")}'`;
		const { milliseconds, peakRssMb, ...gradients } = await runBackwardCommand(problem, { command, budget, threads });
		return { result: gradients, milliseconds, peakRssMb };
	};
	return defineBackward({
		name,
		summary,
		exact: true,
		version: contentVersion([file, "exchange.py"].map(path)),
		options: z.strictObject({}),
		supports: ({ batch, heads, n_q, n_k, visibility }): true | Reason => {
			if (process.platform === "win32") return { reason: "commands are run by /bin/sh, which Windows does not have" };
			if (!existsSync(path(file))) return { reason: `examples/python/${file} is not installed` };
			const isTaken =
				batch * heads === 1 && n_q === n_k && visibility.window === undefined && visibility.lengths === undefined;
			return isTaken ? true : { reason: `${name} takes one head, n_q = n_k, without a mask or with a causal one` };
		},
		run: async (problem, options, runtime) => (await timeRuns(problem, options, runtime, 0)).result,
		timeRuns,
	});
}
