import { join } from "node:path";
import { readIfThere, writeAtomically } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";

const attemptSchema = z.object({
	/** Number of the folder of the attempt, from 1; shared by the tasks that were submitted together. */
	attempt: z.int(),
	job: z.int(),
	/** Rows that the shard had when it was submitted. */
	rowsBefore: z.int(),
});

/** Where a job array stands, so that it can be followed again after an interruption. */
const arraySchema = z.object({
	experiment: z.string(),
	/** Number of shards. */
	shards: z.int(),
	/** Words of the call that determine the cells. */
	words: z.array(z.string()),
	/** How often a task had too little. */
	short: z.object({ time: z.int(), memory: z.int() }),
	/** Attempts of each shard by its number. */
	tasks: z.record(z.string(), z.array(attemptSchema)),
});

/** Where a job array stands. */
export type ArrayState = z.output<typeof arraySchema>;

/** One submission of a shard. */
export type Attempt = z.output<typeof attemptSchema>;

const fileName = "array.json";

/** Undefined where nothing was submitted from this folder. @throws UsageError for a damaged file */
export function readArrayState(folder: string): ArrayState | undefined {
	const path = join(folder, fileName);
	const text = readIfThere(path)?.toString("utf8");
	if (text === undefined) return undefined;
	try {
		return arraySchema.parse(JSON.parse(text));
	} catch {
		throw new UsageError(`${path} is damaged; to submit all again: --fresh`);
	}
}

/** Writes the state in one step. */
export function writeArrayState(folder: string, state: ArrayState): void {
	writeAtomically(join(folder, fileName), JSON.stringify(state));
}
