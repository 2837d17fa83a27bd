import type { Verb } from "../verb.ts";

/** `attgrad compare`: changes of times between two runs above noise. */
export const compareVerb: Verb = {
	name: "compare",
	argument: {
		syntax: "<run..>",
		type: "string",
		array: true,
		describe:
			"two results folders, folders that hold such folders, or names of baselines; with --save one folder; with --commits two commits and experiments",
	},
	summary: "Compare the times of two runs and list changes above noise",
	examples: [
		["compare --save before results", "keep what is measured now as the baseline `before`"],
		["compare before results --fail-on-regression 10%", "exit 1 when a point is slower by 10 % or more"],
		["compare a/scaling b/scaling --across machine,kernel", "two machines"],
		["compare --commits main HEAD scaling", "two commits, measured in turn"],
	],
	flags: async () => [{ schema: await compareFlags() }],
	run: async (given) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { answerCompare } = await import("./run.ts");
		process.exitCode = answerCompare(given["run"] as string[], readFlags(await compareFlags(), given));
	},
};

async function compareFlags() {
	const { z } = await import("zod");
	return z.object({
		save: z.string().optional().describe("keep the folder under this name, in results/baselines"),
		across: z
			.string()
			.optional()
			.describe("conditions that may differ between the runs: any of machine,kernel,dtype,threads"),
		failOnRegression: z.string().optional().describe("exit 1 when a point has become slower by this or more: 10%"),
		commits: z
			.boolean()
			.default(false)
			.describe("measure two commits in turn and compare them: compare --commits A B experiment.."),
		rounds: z.int().min(1).default(3).describe("how often --commits measures each"),
		sweep: z
			.string()
			.optional()
			.describe('options for the sweeps of --commits: --sweep="--n 2^10..2^12 --algorithm exact"'),
		html: z.string().min(1).optional().describe("write the comparison as a page, too: changes.html"),
		json: z.boolean().default(false).describe("print one JSON object"),
	});
}
