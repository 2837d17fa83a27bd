import { z } from "zod";
import { sweepFlags } from "../sweep/command.ts";

/** The options of the sweep, and of the array. */
export async function slurmFlags() {
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
