import type { Verb } from "../verb.ts";

/** `attgrad generate`: writes an instance of Definition 1.4 from a seed. */
export const generateVerb: Verb = {
	name: "generate",
	summary: "Generate a problem from a seed",
	examples: [
		["generate --n 2^14 --d 4 --B 1 --out problem.npz", "entries of A1 X and A2 uniform in [-1, 1]"],
		[
			"generate --n 5000 --d 3 --B 2 --distribution heavy-tailed --seed 7 --out heavy.npz",
			"1 % of the rows 6 times larger",
		],
	],
	flags: async () => [{ schema: (await import("./run.ts")).generateFlags }],
	run: async (given) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { generateFile, generateFlags } = await import("./run.ts");
		await generateFile(readFlags(generateFlags, given));
	},
};
