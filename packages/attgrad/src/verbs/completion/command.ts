import type { Verb } from "../verb.ts";

/** `attgrad completion`: the script by which a shell completes calls of attgrad. */
export const completionVerb: Verb = {
	name: "completion",
	argument: { syntax: "[shell]", choices: ["bash", "zsh"], describe: "default: the one that runs" },
	summary: "Print the script by which bash or zsh completes verbs, options, experiments and algorithms",
	examples: [["completion bash >> ~/.bashrc", "with attgrad on the PATH"]],
	run: async ({ shell }) => {
		const { default: yargs } = await import("yargs");
		// This is where yargs looks for the shell.
		if (shell !== undefined) process.env["SHELL"] = String(shell);
		yargs([]).scriptName("attgrad").showCompletionScript();
	},
};
