import type { Verb } from "../verb.ts";

/** `attgrad rows`: the rows of results as a table for other programs, or for a paper. */
export const rowsVerb: Verb = {
	name: "rows",
	argument: {
		syntax: "<folder..>",
		type: "string",
		array: true,
		describe: "a folder that a sweep has written, like results/scaling, or one that holds such folders",
	},
	summary:
		"Print the rows of results as CSV, JSON, Markdown or LaTeX; what only one experiment measures has columns of its own",
	examples: [
		["rows results/scaling > scaling.csv", "every column, extra.NAME for what only this experiment has"],
		["rows results/scaling --columns algorithm,n,time_ms,error_max --format latex", "a table for a paper"],
		['rows results --where "n>=2^14 and status=done" --format markdown', "some rows of all experiments"],
	],
	flags: async () => [{ schema: (await import("./run.ts")).rowsFlags }],
	run: async (given) => {
		const { printRows } = await import("./run.ts");
		await printRows(given);
	},
};
