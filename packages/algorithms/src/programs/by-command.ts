import type { AttentionProblem, Reason, TimedRuns } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { type CommandCall, runCommand } from "./run-command.ts";

/**
 * The methods of an algorithm that a command computes.
 * @param callOf the command and its limits, from the algorithm's options
 */
export function byCommand<Options>(callOf: (options: Options) => Omit<CommandCall, "budget" | "threads">) {
	const timeRuns = async (
		problem: AttentionProblem<RowSource>,
		options: Options,
		runtime: Runtime,
		budget: number,
	): Promise<TimedRuns> => {
		const { threads } = runtime;
		const { gradient, loss, milliseconds, peakRssMb } = await runCommand(problem, {
			...callOf(options),
			budget,
			threads,
		});
		return {
			result: { gradient, loss: loss ?? (await exactLoss(problem, runtime)) },
			milliseconds,
			peakRssMb,
		};
	};
	return {
		supports: (): true | Reason =>
			process.platform === "win32" ? { reason: "commands are run by /bin/sh, which Windows does not have" } : true,
		run: async (problem: AttentionProblem<RowSource>, options: Options, runtime: Runtime) =>
			(await timeRuns(problem, options, runtime, 0)).result,
		timeRuns,
	};
}

/** L(X), for a command that does not tell it. */
async function exactLoss(problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<number> {
	return (await streaming.run(problem, streaming.options.parse({}), runtime)).loss;
}
