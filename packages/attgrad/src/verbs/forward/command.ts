import type { Verb } from "../verb.ts";

/** `attgrad forward`: the output of attention layers on the user's own data. */
export const forwardVerb: Verb = {
	name: "forward",
	argument: {
		syntax: "<layer>",
		type: "string",
		describe:
			"an .npz file or a folder of .npy files with Q K V (n x d, with axes for heads if wanted), or E (n x d) and weights Q K V (d x d, or layers x d x d), and optionally scale",
	},
	summary: "Compute the output of one attention layer or of a stack",
	examples: [
		["forward layer.npz", "let attgrad pick; every entry proved within 1e-3 of the largest"],
		["forward layer.npz --algorithm polynomial --epsilon 1e-8 --out next.npy", "every entry proved within 1e-8"],
		["forward layer.npz --mask causal --window 256", "each query sees the last 256 keys; exact"],
		["forward heads.npz --algorithm hybrid --relative 1e-2", "heads of a trained model, low rank with a proof"],
		["forward layer.npz --layers 3 --json", "the layer applied three times"],
	],
	flags: async () => [{ schema: (await import("./request.ts")).forwardFlags }],
	run: async (given) => {
		const { answerForward } = await import("./run.ts");
		await answerForward(given);
	},
};
