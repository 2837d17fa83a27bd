import type { Verb } from "../verb.ts";

/** `attgrad merge`: joins the rows of runs, then draws the figures. */
export const mergeVerb: Verb = {
	name: "merge",
	argument: {
		syntax: "<folder..>",
		type: "string",
		array: true,
		describe: "folders that sweeps have written: of one experiment, or of several with each its own",
	},
	summary: "Merge the results of shards or sweeps, then draw the figures",
	examples: [
		["merge results/shard-*", "every shard, into results/<experiment>"],
		["merge a/scaling b/scaling --out both", "two runs of one experiment, into both/scaling"],
	],
	flags: async () => [{ schema: await mergeFlags() }],
	run: async (given) => {
		const [{ readFlags }, { mergeFolders }] = await Promise.all([import("../../flags/flags.ts"), import("./run.ts")]);
		const { json, ...options } = readFlags(await mergeFlags(), given);
		const merged = await mergeFolders(given["folder"] as string[], options);
		if (json) console.log(JSON.stringify({ experiments: merged }));
		else
			for (const { experiment, folder, rows, cells, missing, files } of merged) {
				const without = missing.length > 0 ? `, without shard ${missing.join(", ")}` : "";
				const names = ["rows.csv", "run.json", ...files.map((file) => file.slice(folder.length + 1))];
				console.log(`${experiment}: ${rows} of ${cells} cells${without}; ${folder}: ${names.join(", ")}`);
			}
	},
};

async function mergeFlags() {
	const { z } = await import("zod");
	return z.object({
		out: z.string().min(1).default("results").describe("folder in which each experiment has its own"),
		fresh: z.boolean().default(false).describe("delete existing results instead of merging them too"),
		anyMachine: z
			.boolean()
			.default(false)
			.describe("join runs of different processors, whose times cannot be compared"),
		json: z.boolean().default(false).describe("print one JSON object"),
	});
}
