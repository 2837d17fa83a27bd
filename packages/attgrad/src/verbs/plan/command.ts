import type { Verb } from "../verb.ts";

/** `attgrad plan`: predicted time and provable error of each algorithm, and the pick of `auto`. */
export const planVerb: Verb = {
	name: "plan",
	argument: {
		syntax: "[problem]",
		type: "string",
		describe:
			"an .npz file or a folder of .npy files, with a problem or with a layer's Q, K, V and dO; rows stay in the file. Without one: a model by --n, --d, --B",
	},
	summary:
		"Show each algorithm's predicted time and provable error for a problem file, or whether certified attention pays for a model",
	examples: [
		["plan problem.npz", "to prove every entry within 1e-3 of the largest"],
		["plan problem.npz --epsilon 1e-9 --json", "the same for programs"],
		["plan layer.npz --mask causal", "the backward pass of a layer"],
		["plan --n 2^17 --d 64 --heads 12 --B 4", "does certified attention pay for my model?"],
	],
	flags: async () => [
		{ schema: (await import("./flags.ts")).planFlags },
		{ schema: (await import("./model/flags.ts")).modelFlags, heading: "A model, without a file:" },
	],
	run: async (given) => {
		if (given["problem"] !== undefined) return (await import("./run.ts")).planFile(given);
		await (await import("./model/answer.ts")).answerModel(given);
	},
};
