import type { Verb } from "../verb.ts";

/** `attgrad plan`: predicted time and provable error of each algorithm, and the pick of `auto`. */
export const planVerb: Verb = {
	name: "plan",
	argument: {
		syntax: "<problem>",
		type: "string",
		describe: "an .npz file or a folder of .npy files; rows stay in the file",
	},
	summary: "Show each algorithm's predicted time and provable error for a problem file, and which one auto picks",
	examples: [
		["plan problem.npz", "to prove every entry within 1e-3 of the largest"],
		["plan problem.npz --epsilon 1e-9 --json", "the same for programs"],
	],
	flags: async () => [{ schema: (await import("./run.ts")).planFlags }],
	run: async (given) => {
		const { planProblem } = await import("./run.ts");
		await planProblem(given);
	},
};
