import type { Verb } from "../verb.ts";

/** `attgrad plot`: draws the figures of results again. */
export const plotVerb: Verb = {
	name: "plot",
	argument: {
		syntax: "<folder..>",
		type: "string",
		array: true,
		describe: "a folder that a sweep has written, like results/scaling",
	},
	summary: "Redraw the figures of results",
	examples: [["plot results/scaling", "SVG and PNG from the rows"]],
	flags: async () => [{ schema: await plotFlags() }],
	run: async ({ folder, ...given }) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { plotRun } = await import("@attgrad/harness");
		const { knownExperiments } = await import("../sweep/experiment-file.ts");
		const { json, experiment } = readFlags(await plotFlags(), given);
		const experiments = await knownExperiments(experiment);
		const files: string[] = [];
		for (const one of folder as string[]) {
			const drawn = await plotRun(one, experiments);
			if (drawn.length === 0) console.error(`attgrad plot: ${one} has no rows to draw; sweep first`);
			files.push(...drawn);
		}
		if (json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
	},
};

async function plotFlags() {
	const [{ z }, { experimentFile, json }] = await Promise.all([import("zod"), import("../../flags/runtime-flags.ts")]);
	return z.object({ experiment: experimentFile, json });
}
