import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ComputationError, UsageError } from "@attgrad/matrix-core";

/** A task's state in SLURM's words: `RUNNING`, `NODE_FAIL`, … */
export type TaskState = string;

/** States of a task that will not run any more. */
const ended = new Set([
	...["COMPLETED", "FAILED", "NODE_FAIL", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED", "BOOT_FAIL"],
	...["DEADLINE", "REVOKED"],
]);

/** Whether a task will not run any more. One that SLURM has forgotten has ended some minutes ago. */
export function hasEnded(state: TaskState | undefined): boolean {
	return state === undefined || ended.has(state);
}

/** SLURM, as far as a sweep needs it. */
export interface SlurmClient {
	/**
	 * Submits a script.
	 * @returns the number of the job
	 * @throws UsageError where SLURM is not there, or refuses the script
	 */
	submit(scriptPath: string): Promise<number>;
	/**
	 * The states of a job's tasks by their numbers; tasks that SLURM has forgotten are absent.
	 * @returns undefined where SLURM does not answer at present
	 */
	taskStates(job: number): Promise<ReadonlyMap<number, TaskState> | undefined>;
}

/** The SLURM of this machine, by its own commands. */
export const localSlurm: SlurmClient = {
	async submit(scriptPath) {
		const output = await run("sbatch", ["--parsable", scriptPath]);
		if ("complaint" in output) throw new UsageError(`sbatch refused the job: ${output.complaint}`);
		const [, job] = /^(\d+)(;.*)?$/m.exec(output.text) ?? [];
		if (job === undefined) throw new ComputationError("failed", `sbatch gave no job number: ${output.text.trim()}`);
		return Number(job);
	},
	async taskStates(job) {
		const output = await run("squeue", ["--noheader", "--array", "--states=all", `--jobs=${job}`, "--format=%K %T"]);
		if ("complaint" in output) return /invalid job id/i.test(output.complaint) ? new Map() : undefined;
		const lines = Array.from(output.text.matchAll(/^\s*(\d+) (\w+)/gm));
		return new Map(lines.map(([, task, state]) => [Number(task), state]));
	},
};

/** @throws UsageError where there is no such program */
async function run(program: string, words: readonly string[]): Promise<{ text: string } | { complaint: string }> {
	try {
		const { stdout } = await promisify(execFile)(program, words, { timeout: 60_000, maxBuffer: 2 ** 26 });
		return { text: stdout };
	} catch (error) {
		const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
		if (code === "ENOENT")
			throw new UsageError(
				`${program} was not found: SLURM is not installed here; --print shows what would be submitted`,
			);
		const [complaint] = (stderr || message).trim().split("\n").slice(-1);
		return { complaint };
	}
}
