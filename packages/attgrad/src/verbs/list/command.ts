import type { Verb } from "../verb.ts";

/** `attgrad list`: what there is to name on the command line. */
export const listVerb: Verb = {
	name: "list",
	summary:
		"List the algorithms and the backward passes with their options, the distributions, the experiments and the reductions",
	examples: [
		["list", "everything"],
		["list --json", "the same for programs"],
	],
	flags: async () => [{ schema: (await import("../../flags/runtime-flags.ts")).jsonOnly }],
	run: async ({ json }) => {
		const { printCatalogue } = await import("./run.ts");
		printCatalogue(json === true);
	},
};
