import type { Verb } from "../verb.ts";

/** `attgrad locate`: where real heads lie. */
export const locateVerb: Verb = {
	name: "locate",
	argument: {
		syntax: "<heads>",
		type: "string",
		describe:
			"an .npz file or a folder of .npy files with Q (n_q x d), K (n_k x d) and V (n_k x d_v), with axes for heads or (batch, heads) before, and optionally scale",
	},
	summary: "Locate trained heads: the least rank of any approximation, and the cost of certified ones",
	examples: [
		["locate heads.npz", "a line for each head, and the ranks at each relative error"],
		["locate heads.npz --epsilon 1e-3 --json", "for programs"],
		["locate heads.npz --plot figures", "figures/heads.png and figures/ranks.png"],
	],
	flags: async () => [{ schema: (await import("./run.ts")).locateFlags }],
	run: async (given) => {
		const { locateHeads } = await import("./run.ts");
		await locateHeads(given);
	},
};
