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
	summary: "Redraw the figures of results, for a page or for a paper",
	examples: [
		["plot results/scaling", "SVG and PNG from the rows"],
		["plot results/scaling --format pdf,pgf --width 3.25in --no-title", "for a column of a paper, with a caption"],
	],
	flags: async () => [{ schema: (await import("./flags.ts")).plotFlags }],
	run: async ({ folder, ...given }) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { plotFlags, plotOptions } = await import("./flags.ts");
		const { plotRun } = await import("@attgrad/harness");
		const { knownExperiments } = await import("../sweep/experiment-file.ts");
		const flags = readFlags(plotFlags, given);
		const options = plotOptions(flags);
		const experiments = await knownExperiments(flags.experiment);
		const files: string[] = [];
		const empty: string[] = [];
		for (const one of folder as string[]) {
			const drawn = await plotRun(one, experiments, options);
			if (drawn.length === 0) empty.push(one);
			files.push(...drawn);
		}
		if (flags.json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
		if (empty.length > 0) {
			const { UsageError } = await import("@attgrad/matrix-core");
			throw new UsageError(`no rows to draw in ${empty.join(", ")}; sweep first`);
		}
	},
};
