import { join } from "node:path";
import { readIfThere, writeAtomically } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { presets } from "../experiment/index.ts";
import { runFileName } from "./rounded-keys.ts";

const runInfoSchema = z.object({
	/** Name of the experiment. */
	experiment: z.string(),
	title: z.string(),
	question: z.string(),
	preset: z.enum(presets),
	/** Every cell of the grid, with the key of its row. */
	cells: z.array(
		z.looseObject({
			key: z.string(),
			experiment: z.string(),
			algorithm: z.string(),
			n: z.number(),
			d: z.number(),
			B: z.number(),
			epsilon: z.number().optional(),
			relative: z.number().optional(),
			degree: z.number().optional(),
			distribution: z.string(),
			seed: z.number(),
			dtype: z.enum(["f64", "f32"]),
			threads: z.number(),
			kernel: z.string(),
		}),
	),
	/** The settings of the sweep. */
	settings: z.looseObject({
		/** Where this is one shard of a sweep: which, and the keys of the whole grid in their order. */
		shard: z.object({ index: z.int(), of: z.int() }).optional(),
		grid: z.array(z.string()).readonly().optional(),
	}),
	versions: z.record(z.string(), z.string()),
	machine: z.object({
		name: z.string(),
		cpu: z.string(),
		/** Absent in runs of before it was told. */
		flags: z.array(z.string()).readonly().optional(),
		cores: z.number(),
		memoryMb: z.number(),
		system: z.string(),
	}),
	kernel: z.string(),
	commit: z.string().nullable(),
	/** Whether the source had changes that no commit holds; null where there is no repository. */
	dirty: z.boolean().nullable(),
	startedAt: z.iso.datetime(),
});

/** How a run was made. */
export type RunInfo = z.output<typeof runInfoSchema>;

/** Writes run.json in one step. */
export function writeRunInfo(folder: string, info: RunInfo): void {
	writeAtomically(join(folder, runFileName), `${JSON.stringify(info, null, "\t")}\n`);
}

/** How the run in a folder was made. @throws UsageError when it has no run.json, or one that cannot be read or is damaged */
export function readRunInfo(folder: string): RunInfo {
	const path = join(folder, runFileName);
	const text = readIfThere(path)?.toString("utf8");
	if (text === undefined) throw new UsageError(`${path}: not found; give a folder that a sweep has written`);
	try {
		return runInfoSchema.parse(JSON.parse(text));
	} catch (error) {
		const [issue] = error instanceof z.ZodError ? error.issues : [];
		throw new UsageError(
			`${path}: ${issue ? [issue.path.join("."), issue.message.toLowerCase()].filter(Boolean).join(": ") : "not valid JSON"}; sweep again to replace it`,
		);
	}
}
