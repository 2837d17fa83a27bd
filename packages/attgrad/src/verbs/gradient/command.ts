import type { Verb } from "../verb.ts";

/** `attgrad gradient`: one gradient of the user's own data. */
export const gradientVerb: Verb = {
	name: "gradient",
	argument: {
		syntax: "<problem>",
		type: "string",
		describe: "an .npz file or a folder of .npy files with A1 A2 A3 E (n x d), X Y (d x d) and, if wanted, scale",
	},
	summary: "Compute the gradient of the attention loss of a problem file",
	examples: [
		["gradient problem.npz", "let attgrad pick; every entry proved within 1e-3 of the largest"],
		["gradient problem.npz --algorithm streaming --out grad.npy", "exact, in O(n d) memory"],
		["gradient problem.npz --algorithm polynomial --epsilon 1e-8 --json", "every entry proved within 1e-8"],
		["gradient --algorithm nystrom --help", "the options of one algorithm"],
		['gradient problem.npz --command "python3 mine.py"', "with your own program: docs/extending.md"],
	],
	flags: async (helpWords = []) => {
		const { algorithmGroup, gradientFlags } = await import("./flags.ts");
		return [{ schema: gradientFlags }, algorithmGroup(helpWords)];
	},
	run: async (given) => {
		const { answerGradient } = await import("./run.ts");
		await answerGradient(given);
	},
};
