import type { Verb } from "../verb.ts";

/** Asks attgrad for the words that can come next; fish adds the names of files. */
const fishScript = `# Completes calls of attgrad. In ~/.config/fish/completions/attgrad.fish it is read by itself.
complete -c attgrad -a '(attgrad --get-yargs-completions (commandline -opc) (commandline -ct | string collect --allow-empty))'
`;

/** `attgrad completion`: the script by which a shell completes calls of attgrad. */
export const completionVerb: Verb = {
	name: "completion",
	argument: { syntax: "[shell]", choices: ["bash", "zsh", "fish"], describe: "default: the one that runs" },
	summary: "Print the script by which bash, zsh or fish completes verbs, options, experiments and algorithms",
	examples: [
		["completion bash >> ~/.bashrc", "with attgrad on the PATH"],
		["completion fish > ~/.config/fish/completions/attgrad.fish", "for fish"],
	],
	run: async ({ shell = process.env["SHELL"] ?? "" }) => {
		if (String(shell).endsWith("fish")) return void process.stdout.write(fishScript);
		const { default: yargs } = await import("yargs");
		// This is where yargs looks for the shell.
		process.env["SHELL"] = String(shell);
		yargs([]).scriptName("attgrad").showCompletionScript();
	},
};
