/** A job array of shards. */
export interface BatchJob {
	readonly name: string;
	/** Shards to run, from 1; each is the task of its number. */
	readonly tasks: readonly number[];
	/** Tasks at once; default: as many as there are places for. */
	readonly throttle?: number | undefined;
	readonly partition?: string | undefined;
	/** Further options of sbatch, as they stand on its command line. */
	readonly options?: string | undefined;
	readonly minutes: number;
	readonly memoryMb: number;
	readonly threads: number;
	/** Where the tasks' output goes, with SLURM's own `%a` for the task. */
	readonly log: string;
	/** Folder in which the tasks start. */
	readonly workingFolder: string;
	/** The program and its words; `shardVariable` among them stands for the number of the task. */
	readonly words: readonly string[];
}

/** Placeholder for the number of the task in the words of a job. */
export const shardVariable = "$SLURM_ARRAY_TASK_ID";

/**
 * The script of a job array for sbatch. SLURM is asked not to run a lost task again by itself: the rows that it has
 * measured would not be known to the new run.
 */
export function batchScript(job: BatchJob): string {
	const { tasks, throttle, partition, options, words } = job;
	const directives = [
		`--job-name=${job.name}`,
		`--array=${describeTasks(tasks)}${throttle === undefined ? "" : `%${throttle}`}`,
		...(partition === undefined ? [] : [`--partition=${partition}`]),
		"--nodes=1",
		"--ntasks=1",
		`--cpus-per-task=${job.threads}`,
		`--mem=${job.memoryMb}M`,
		`--time=${job.minutes}`,
		"--no-requeue",
		`--output=${quoted(job.log)}`,
		`--chdir=${quoted(job.workingFolder)}`,
		...(options === undefined ? [] : [options]),
	];
	return ["#!/bin/sh", ...directives.map((one) => `#SBATCH ${one}`), `exec ${words.map(quoted).join(" ")}`, ""].join(
		"\n",
	);
}

/** `1-4,7`. */
export function describeTasks(tasks: readonly number[]): string {
	const runs: [from: number, to: number][] = [];
	for (const task of tasks.toSorted((a, b) => a - b)) {
		const last = runs.at(-1);
		if (last && last[1] === task - 1) last[1] = task;
		else runs.push([task, task]);
	}
	return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** A word for the shell; only the variable of the task is left to it. */
function quoted(word: string): string {
	return word
		.split(shardVariable)
		.map((part) => (part === "" || /^[\w./:=,%^+-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`))
		.join(`"${shardVariable}"`);
}
