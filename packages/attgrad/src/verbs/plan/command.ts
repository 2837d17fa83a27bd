import type { Verb } from "../verb.ts";

/** `attgrad plan`: what each algorithm would cost for a problem, and what `auto` picks. */
export const planVerb: Verb = {
	name: "plan",
	argument: {
		syntax: "<problem>",
		type: "string",
		describe: "an .npz file or a folder of .npy files; rows stay in the file",
	},
	summary: "Tell what each algorithm would cost for a problem file, what it would prove, and what auto picks and why",
	examples: [
		["plan problem.npz", "to prove an error of 1e-6"],
		["plan problem.npz --epsilon 1e-9 --json", "the same for programs"],
	],
	flags: async () => [{ schema: (await import("./run.ts")).planFlags }],
	run: async (given) => {
		const { planProblem } = await import("./run.ts");
		await planProblem(given);
	},
};
