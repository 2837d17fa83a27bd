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
	flags: async () => [{ schema: (await import("../../flags/runtime-flags.ts")).jsonOnly }],
	run: async ({ folder, json }) => {
		const { plotRun } = await import("@attgrad/harness");
		const { experiments } = await import("@attgrad/experiments");
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
