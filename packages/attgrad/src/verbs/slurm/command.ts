import type { Verb } from "../verb.ts";

/** `attgrad slurm`: a sweep as a job array, followed until its rows are there. */
export const slurmVerb: Verb = {
	name: "slurm",
	argument: { syntax: "<experiment>", type: "string", describe: "a name that attgrad list shows" },
	summary: "Run an experiment as a SLURM job array, follow it and merge its results",
	examples: [
		["slurm scaling --array 8 --partition cpu", "eight tasks of about equal cost"],
		["slurm scaling --array 8 --throttle 2 --preset full", "two of them at once"],
		["slurm scaling --array 8 --print", "the script of the job array only"],
	],
	flags: async () => [{ schema: await slurmFlags() }],
	run: async (given) => {
		const [{ readFlags }, { sweepOnSlurm }] = await Promise.all([import("../../flags/flags.ts"), import("./run.ts")]);
		await sweepOnSlurm(String(given["experiment"]), readFlags(await slurmFlags(), given));
	},
};

/** The options of the sweep, and of the array. */
export async function slurmFlags() {
	const [{ z }, { sweepFlags }] = await Promise.all([import("zod"), import("../sweep/command.ts")]);
	const grid = (await sweepFlags()).omit({ jobs: true, shard: true });
	return grid.extend({
		array: z.int().min(1).describe("tasks, each with a shard of the cells of about equal cost"),
		throttle: z.int().min(1).optional().describe("tasks at once; default: as many as there are places for"),
		partition: z.string().min(1).optional().describe("partition; default: SLURM's own"),
		sbatch: z
			.string()
			.min(1)
			.optional()
			.describe('further options of sbatch: "--account=a --constraint=zen4"')
			.meta({ takesDashes: true }),
		print: z.boolean().default(false).describe("print the script instead of submitting it"),
	});
}
