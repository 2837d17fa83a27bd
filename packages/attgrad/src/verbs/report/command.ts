import type { Verb } from "../verb.ts";

/** `attgrad report`: writes the report of results again. */
export const reportVerb: Verb = {
	name: "report",
	argument: {
		syntax: "<folder..>",
		type: "string",
		array: true,
		describe: "a folder that a sweep has written, like results/scaling, or one that holds such folders",
	},
	summary: "Rewrite the report of results: one self-contained HTML file per folder",
	examples: [
		["report results/scaling", "results/scaling/report.html"],
		["report results", "every experiment in it, and results/report.html that leads to them"],
	],
	flags: async () => [{ schema: await reportFlags() }],
	run: async ({ folder, ...given }) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { reportIndex } = await import("@attgrad/harness");
		const { knownExperiments } = await import("../sweep/experiment-file.ts");
		const { json, experiment } = readFlags(await reportFlags(), given);
		const experiments = await knownExperiments(experiment);
		const files: string[] = [];
		for (const one of folder as string[])
			files.push(...(await reportIndex(one, experiments, (line) => console.error(`attgrad report: ${line}`))));
		if (json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
	},
};

async function reportFlags() {
	const [{ z }, { experimentFile, json }] = await Promise.all([import("zod"), import("../../flags/runtime-flags.ts")]);
	return z.object({ experiment: experimentFile, json });
}
