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
	flags: async () => [{ schema: (await import("../../flags/runtime-flags.ts")).jsonOnly }],
	run: async ({ folder, json }) => {
		const { reportIndex } = await import("@attgrad/harness");
		const { experiments } = await import("@attgrad/experiments");
		const files: string[] = [];
		for (const one of folder as string[]) files.push(...(await reportIndex(one, experiments)));
		if (json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
	},
};
