import { defineAlgorithm, durationOption, memoryOption } from "@attgrad/attention-problem";
import { z } from "zod";
import { byCommand } from "./by-command.ts";
import { filesOfCommand } from "./command-files.ts";

/**
 * A command with the content of the files that it names, so that its measurements are not reused after a change of its
 * source.
 */
const commandSchema = z
	.string()
	.trim()
	.min(1)
	.transform((text) => ({ text, files: filesOfCommand(text) }));

const options = z.strictObject({
	command: commandSchema.describe("shell command to run"),
	epsilon: z.number().positive().optional().describe("error that is asked of the command; it is held to it"),
	commandTimeLimit: durationOption.optional().describe("time limit of the command: 30s, 5m; default: 1h"),
	commandMemoryLimit: memoryOption
		.optional()
		.describe("memory limit of the command: 512MB, 4GB; default: three quarters of the memory"),
});

/** Any command in any language: `--command "python3 mine.py"`, as the spelling of an algorithm `command:python3 mine.py`. */
export const command = defineAlgorithm({
	name: "command",
	summary: "a command of your own that reads the problem and writes the gradient: docs/extending.md",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options,
	soleSetting: "command",
	choosesAccuracy: true,
	...byCommand(
		({ command, epsilon, commandTimeLimit: timeLimit, commandMemoryLimit: memoryLimit }: z.output<typeof options>) => ({
			command: command.text,
			epsilon,
			timeLimit,
			memoryLimit,
		}),
	),
});
