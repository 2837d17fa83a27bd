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
	flags: async () => [{ schema: await (await import("./flags.ts")).slurmFlags() }],
	run: async (given) => {
		const [{ readFlags }, { slurmFlags }, { sweepOnSlurm }] = await Promise.all([
			import("../../flags/flags.ts"),
			import("./flags.ts"),
			import("./run.ts"),
		]);
		await sweepOnSlurm(String(given["experiment"]), readFlags(await slurmFlags(), given));
	},
};
