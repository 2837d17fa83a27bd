import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@attgrad/attention-problem";
import { ComputationError } from "@attgrad/matrix-core";
import { type ArrayCells, ArrayShards } from "./array-shards.ts";
import { type BatchJob, batchScript, describeTasks, shardVariable } from "./batch-script.ts";
import { resourcesOf } from "./resources.ts";
import { hasEnded, type SlurmClient, type TaskState } from "./slurm-client.ts";

/** A job array to run. */
export interface ArrayRequest extends ArrayCells {
	/** Program and words of one task's sweep, without shard and folder. */
	readonly sweep: readonly string[];
	/** Start over and discard existing rows. */
	readonly fresh: boolean;
	readonly submission: Pick<BatchJob, "partition" | "throttle" | "options">;
}

/** Effects of a job array: SLURM, notices, pauses, and the signal to stop. */
export interface ArrayDependencies {
	readonly slurm: SlurmClient;
	notice(line: string): void;
	/** Waits, milliseconds; ends early when the signal is aborted. */
	pause(milliseconds: number): Promise<void>;
	readonly signal: AbortSignal;
}

/** How the array ended: all rows are there, or it was left to itself. */
export interface ArrayEnd {
	readonly folder: string;
	readonly left: number;
}

/** A task is given up after so many attempts in a row that gave no row. */
const fruitlessAttempts = 2;

/** Between two looks at the queue, milliseconds: often at first, at last every ten seconds. */
const interval = (elapsed: number) => Math.min(10_000, 1_000 + elapsed / 30);

/**
 * Runs an experiment as a SLURM job array, a shard each task, and follows it: rows are joined into the results as they
 * arrive, and the missing cells of a killed task are submitted again. A state beside the attempts lets the same call
 * resume after an interruption.
 * @throws ComputationError when a task gives no row twice in a row; UsageError when SLURM is not there or refuses
 */
export async function runArray(request: ArrayRequest, dependencies: ArrayDependencies): Promise<ArrayEnd> {
	const array = new ShardArray(request, dependencies);
	await array.start();
	return array.follow();
}

/** The script of the first attempt, for those who want to submit it by themselves. */
export function firstScript(request: ArrayRequest): string {
	const shards = new ArrayShards(request);
	return scriptOf(request, shards, 1, shards.nonEmpty());
}

/** The script of an attempt at some of the shards. */
function scriptOf(request: ArrayRequest, shards: ArrayShards, attempt: number, tasks: readonly number[]): string {
	const { experiment, plan, sweep, submission } = request;
	const folder = shards.attemptFolder(attempt);
	return batchScript({
		name: `attgrad-${experiment}`,
		tasks,
		...submission,
		...resourcesOf(
			tasks.map((shard) => shards.cellsLeft(shard)),
			plan.effort,
			shards.short,
		),
		log: join(folder, "task-%a.log"),
		workingFolder: process.cwd(),
		words: [...sweep, "--shard", `${shardVariable}/${plan.shards.length}`, "--out", folder],
	});
}

class ShardArray {
	readonly #request: ArrayRequest;
	readonly #shards: ArrayShards;
	readonly #dependencies: ArrayDependencies;
	/** The last notice. */
	#told = "";

	constructor(request: ArrayRequest, dependencies: ArrayDependencies) {
		this.#request = request;
		this.#shards = new ArrayShards(request);
		this.#dependencies = dependencies;
	}

	/** Takes up the array that was submitted before, or submits it. */
	async start(): Promise<void> {
		const shards = this.#shards;
		if (this.#request.fresh) shards.clear();
		if (shards.resume()) this.#notice(`following job ${shards.jobs().join(", ")} again`);
		else await this.#submit(shards.nonEmpty().filter((shard) => shards.left(shard) > 0));
	}

	/** Looks at queue and rows until all rows are there, or a task is given up. */
	async follow(): Promise<ArrayEnd> {
		const { pause, signal } = this.#dependencies;
		const start = performance.now();
		/** Tasks that were seen ended without all rows, the look before: their last rows may not have arrived yet. */
		let suspects = new Set<number>();
		while (!signal.aborted) {
			const states = await this.#taskStates();
			// Before rows are joined: what arrives in between is joined with the next look.
			const open = this.#shards.open();
			this.#shards.mergeNew();
			this.#tell(states);
			if (open.length === 0) break;
			const stopped = open.filter((shard) => states.has(shard) && hasEnded(states.get(shard)));
			const lost = stopped.filter((shard) => suspects.has(shard));
			suspects = new Set(stopped.filter((shard) => !lost.includes(shard)));
			if (lost.length > 0) await this.#submitAgain(lost, states);
			await pause(interval(performance.now() - start));
		}
		const left = this.#shards.open().reduce((sum, shard) => sum + this.#shards.left(shard), 0);
		if (left === 0) {
			this.#shards.mergeNew();
			this.#shards.removeAttempts();
		} else
			this.#notice(
				`job ${this.#shards.jobs().join(", ")} keeps running; repeat the command without --fresh to follow it again`,
			);
		return { folder: this.#shards.results, left };
	}

	/** Submits shards, each with the rows that it has so far, and notes it down. */
	async #submit(shards: readonly number[]): Promise<void> {
		if (shards.length === 0) return;
		const attempt = this.#shards.nextAttempt();
		const folder = this.#shards.attemptFolder(attempt);
		makeFolder(folder);
		const script = join(folder, "array.sh");
		writeFileSync(script, scriptOf(this.#request, this.#shards, attempt, shards));
		const rows = this.#shards.handOver(shards, attempt);
		const job = await this.#dependencies.slurm.submit(script);
		this.#shards.submitted(attempt, job, rows);
		const cells = shards.reduce((sum, shard) => sum + this.#shards.left(shard), 0);
		this.#notice(
			`submitted job ${job}: ${cells} cells in ${shards.length} tasks (${describeTasks(shards)}), ${script}`,
		);
	}

	/** @throws ComputationError for a task whose last attempts gave no row */
	async #submitAgain(shards: readonly number[], states: ReadonlyMap<number, TaskState | undefined>) {
		for (const shard of shards) {
			const state = states.get(shard);
			const last = this.#shards.lastAttempt(shard);
			this.#notice(
				`task ${shard} of job ${last.job} ended as ${state ?? "unknown"} with ${this.#shards.left(shard)} cells to run`,
			);
			if (this.#shards.fruitless(shard) >= fruitlessAttempts)
				throw new ComputationError(
					"failed",
					`task ${shard} gave no row ${fruitlessAttempts} times in a row; its log: ${join(this.#shards.attemptFolder(last.attempt), `task-${shard}.log`)}`,
				);
		}
		const any = (wanted: TaskState) => (shards.some((shard) => states.get(shard) === wanted) ? 1 : 0);
		this.#shards.raise({ time: any("TIMEOUT"), memory: any("OUT_OF_MEMORY") });
		await this.#submit(shards);
	}

	/** State by SLURM of the last attempt of each open shard; shards of which it says nothing at present are absent. */
	async #taskStates(): Promise<Map<number, TaskState | undefined>> {
		const states = new Map<number, TaskState | undefined>();
		const open = Map.groupBy(this.#shards.open(), (shard) => this.#shards.lastAttempt(shard).job);
		for (const [job, shards] of open) {
			const known = await this.#dependencies.slurm.taskStates(job);
			if (known) for (const shard of shards) states.set(shard, known.get(shard));
			else this.#notice(`squeue does not answer about job ${job}; trying again`);
		}
		return states;
	}

	#tell(states: ReadonlyMap<number, TaskState | undefined>): void {
		const shards = this.#shards.nonEmpty();
		const cells = this.#request.plan.grid.length;
		const left = shards.reduce((sum, shard) => sum + this.#shards.left(shard), 0);
		const open = Map.groupBy(states.values(), (state) => state ?? "unknown");
		const tasks = [
			...[...open].map(([state, list]) => `${list.length} ${state.toLowerCase()}`),
			...(shards.length > states.size ? [`${shards.length - states.size} done`] : []),
		];
		const line = `${cells - left} of ${cells} cells; tasks: ${tasks.join(", ")}`;
		if (line !== this.#told) this.#notice(line);
		this.#told = line;
	}

	#notice(line: string): void {
		this.#dependencies.notice(`${this.#request.experiment}: ${line}`);
	}
}
