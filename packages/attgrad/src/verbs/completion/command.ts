import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad completion`: the script by which a shell completes calls of attgrad. */
export const completionVerb: CommandModule<unknown, GivenFlags> = {
	command: "completion [shell]",
	describe: "Print the script by which bash or zsh completes verbs, options, experiments and algorithms",
	builder: (parser) =>
		parser
			.positional("shell", { choices: ["bash", "zsh"], describe: "the one that runs unless given" })
			.example("$0 completion bash >> ~/.bashrc", "with attgrad on the PATH") as unknown as Argv<GivenFlags>,
	handler: async ({ shell }) => {
		const { default: yargs } = await import("yargs");
		// This is where yargs looks for the shell.
		if (shell !== undefined) process.env["SHELL"] = String(shell);
		yargs([]).scriptName("attgrad").showCompletionScript();
	},
};
