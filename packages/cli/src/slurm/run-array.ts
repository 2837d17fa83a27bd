import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CellPlan, mergeRuns, readRows, runFileName, shardFolder } from "@attgrad/harness";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import { type ArrayState, type Attempt, readArrayState, writeArrayState } from "./array-state.ts";
import { type BatchJob, batchScript, describeTasks, shardVariable } from "./batch-script.ts";
import { resourcesOf } from "./resources.ts";
import { hasEnded, type SlurmClient, type TaskState } from "./slurm-client.ts";

/** What a job array is to do. */
export interface ArrayRequest {
	readonly experiment: string;
	readonly plan: CellPlan;
	/** Program and words of one task's sweep, without shard and folder. */
	readonly sweep: readonly string[];
	/** Words of the call that determine the cells. */
	readonly words: readonly string[];
	/** The results: each experiment has its own folder in it. */
	readonly out: string;
	/** Start anew, without the rows that are there. */
	readonly fresh: boolean;
	readonly submission: Pick<BatchJob, "partition" | "throttle" | "options">;
}

/** What the world gives: SLURM, a place to tell how far it is, a pause, and whether to stop. */
export interface ArraySurroundings {
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
 * arrive, and what a task that was killed has not measured is submitted again. A state beside the parts lets the same call
 * go on after an interruption.
 * @throws ComputationError when a task gives no row twice in a row; UsageError when SLURM is not there or refuses
 */
export async function runArray(request: ArrayRequest, surroundings: ArraySurroundings): Promise<ArrayEnd> {
	const array = new ShardArray(request, surroundings);
	await array.start();
	return array.follow();
}

/** The script of the first attempt, for those who want to submit it by themselves. */
export function firstScript(request: ArrayRequest): string {
	return new ShardArray(request).script(1, nonEmptyShards(request), { time: 0, memory: 0 });
}

/** Shards that have cells: an array may be wider than the grid. */
function nonEmptyShards({ plan }: ArrayRequest): number[] {
	return plan.shares.flatMap((share, i) => (share.length > 0 ? [i + 1] : []));
}

class ShardArray {
	private readonly request: ArrayRequest;
	private readonly surroundings: ArraySurroundings | undefined;
	/** Where the parts are. */
	private readonly parts: string;
	private readonly results: string;
	private state: ArrayState;
	/** Rows that are in the results, and what was told last. */
	private told = "";
	private merged = -1;

	constructor(request: ArrayRequest, surroundings?: ArraySurroundings) {
		const { experiment, out, plan, words } = request;
		this.request = request;
		this.surroundings = surroundings;
		this.parts = join(out, `${experiment}.slurm`);
		this.results = join(out, experiment);
		this.state = {
			experiment,
			shards: plan.shares.length,
			words: [...words],
			short: { time: 0, memory: 0 },
			tasks: {},
		};
	}

	/** Takes up the array that was submitted before, or submits it. */
	async start(): Promise<void> {
		const { fresh, plan, words } = this.request;
		if (fresh) {
			rmSync(this.parts, { recursive: true, force: true });
			for (const name of ["rows.csv", runFileName]) rmSync(join(this.results, name), { force: true });
		}
		const before = readArrayState(this.parts);
		if (before && (before.shards !== plan.shares.length || before.words.join(" ") !== words.join(" ")))
			throw new UsageError(
				`${this.parts} holds an array of another call (${before.words.join(" ")}, ${before.shards} shards); finish that one first, or start anew with --fresh`,
			);
		if (before) {
			this.state = before;
			this.notice(`following job ${this.jobs().join(", ")} again`);
		} else await this.submit(nonEmptyShards(this.request).filter((shard) => this.left(shard) > 0));
	}

	/** Looks at queue and rows until all rows are there, or a task is given up. */
	async follow(): Promise<ArrayEnd> {
		const { pause, signal } = this.surroundings!;
		const start = performance.now();
		/** Tasks that were seen ended without all rows, the look before: their last rows may not have arrived yet. */
		let suspects = new Set<number>();
		while (!signal.aborted) {
			const states = await this.taskStates();
			this.mergeNew();
			this.tell(states);
			const open = this.openShards();
			if (open.length === 0) break;
			const stopped = open.filter((shard) => states.has(shard) && hasEnded(states.get(shard)));
			const lost = stopped.filter((shard) => suspects.has(shard));
			suspects = new Set(stopped.filter((shard) => !lost.includes(shard)));
			if (lost.length > 0) await this.submitAgain(lost, states);
			await pause(interval(performance.now() - start));
		}
		const left = this.openShards().reduce((sum, shard) => sum + this.left(shard), 0);
		if (left === 0) rmSync(this.parts, { recursive: true, force: true });
		else
			this.notice(
				`job ${this.jobs().join(", ")} goes on by itself; the same command, without --fresh, follows it again`,
			);
		return { folder: this.results, left };
	}

	/** The script of an attempt. */
	script(attempt: number, shards: readonly number[], short: ArrayState["short"]): string {
		const { experiment, plan, sweep, submission } = this.request;
		const folder = this.attemptFolder(attempt);
		return batchScript({
			name: `attgrad-${experiment}`,
			tasks: shards,
			...submission,
			...resourcesOf(
				shards.map((shard) => this.cellsLeft(shard)),
				plan.effort,
				short,
			),
			log: join(folder, "task-%a.log"),
			workingFolder: process.cwd(),
			words: [...sweep, "--shard", `${shardVariable}/${plan.shares.length}`, "--out", folder],
		});
	}

	/** Submits shards, each with the rows that it has so far, and notes it down. */
	private async submit(shards: readonly number[]): Promise<void> {
		if (shards.length === 0) return;
		const attempt =
			1 + Math.max(0, ...Object.values(this.state.tasks).flatMap((list) => list.map((one) => one.attempt)));
		const folder = this.attemptFolder(attempt);
		mkdirSync(folder, { recursive: true });
		const before = new Map(shards.map((shard) => [shard, this.partOf(shard)]));
		const script = join(folder, "array.sh");
		writeFileSync(script, this.script(attempt, shards, this.state.short));
		const rowsBefore = new Map(shards.map((shard) => [shard, this.rowsOf(shard).size]));
		for (const [shard, part] of before)
			if (part) mergeRuns([part], { out: this.partFolder(shard, attempt), fresh: true, anyMachine: true });
		const job = await this.surroundings!.slurm.submit(script);
		for (const shard of shards) {
			const task = { attempt, job, rowsBefore: rowsBefore.get(shard)! };
			this.state.tasks[shard] = [...this.attemptsOf(shard), task];
		}
		writeArrayState(this.parts, this.state);
		const cells = shards.reduce((sum, shard) => sum + this.left(shard), 0);
		this.notice(`submitted job ${job}: ${cells} cells in ${shards.length} tasks (${describeTasks(shards)}), ${script}`);
	}

	/** @throws ComputationError for a task whose last attempts gave no row */
	private async submitAgain(shards: readonly number[], states: ReadonlyMap<number, TaskState | undefined>) {
		for (const shard of shards) {
			const state = states.get(shard);
			const last = this.attemptsOf(shard).at(-1)!;
			this.notice(
				`task ${shard} of job ${last.job} ended as ${state ?? "unknown"} with ${this.left(shard)} cells to run`,
			);
			if (this.fruitless(shard) >= fruitlessAttempts)
				throw new ComputationError(
					"failed",
					`task ${shard} gave no row ${fruitlessAttempts} times in a row; its log: ${join(this.attemptFolder(last.attempt), `task-${shard}.log`)}`,
				);
		}
		const any = (wanted: TaskState) => (shards.some((shard) => states.get(shard) === wanted) ? 1 : 0);
		const { time, memory } = this.state.short;
		this.state = { ...this.state, short: { time: time + any("TIMEOUT"), memory: memory + any("OUT_OF_MEMORY") } };
		await this.submit(shards);
	}

	/** How many of the last attempts of a shard, in a row, gave no row. */
	private fruitless(shard: number): number {
		const after = [
			...this.attemptsOf(shard)
				.slice(1)
				.map((one) => one.rowsBefore),
			this.rowsOf(shard).size,
		];
		const gains = this.attemptsOf(shard).map((one, i) => after[i]! - one.rowsBefore);
		return gains.length - 1 - gains.findLastIndex((gain) => gain > 0);
	}

	/** What SLURM says about the last attempt of each open shard; shards of which it says nothing at present are absent. */
	private async taskStates(): Promise<Map<number, TaskState | undefined>> {
		const states = new Map<number, TaskState | undefined>();
		const open = Map.groupBy(this.openShards(), (shard) => this.attemptsOf(shard).at(-1)!.job);
		for (const [job, shards] of open) {
			const known = await this.surroundings!.slurm.taskStates(job);
			if (known) for (const shard of shards) states.set(shard, known.get(shard));
			else this.notice(`squeue does not answer about job ${job}; trying again`);
		}
		return states;
	}

	/** Joins the parts into the results where rows have arrived. */
	private mergeNew(): void {
		const parts = nonEmptyShards(this.request).flatMap((shard) => this.partOf(shard) ?? []);
		const rows = nonEmptyShards(this.request).reduce((sum, shard) => sum + this.rowsOf(shard).size, 0);
		if (parts.length === 0 || rows === this.merged) return;
		mergeRuns(parts, { out: this.results, extend: true, anyMachine: true });
		this.merged = rows;
	}

	private tell(states: ReadonlyMap<number, TaskState | undefined>): void {
		const shards = nonEmptyShards(this.request);
		const cells = this.request.plan.grid.length;
		const left = shards.reduce((sum, shard) => sum + this.left(shard), 0);
		const open = Map.groupBy(states.values(), (state) => state ?? "unknown");
		const tasks = [
			...[...open].map(([state, list]) => `${list.length} ${state.toLowerCase()}`),
			...(shards.length > states.size ? [`${shards.length - states.size} done`] : []),
		];
		const line = `${cells - left} of ${cells} cells; tasks: ${tasks.join(", ")}`;
		if (line !== this.told) this.notice(line);
		this.told = line;
	}

	private notice(line: string): void {
		this.surroundings!.notice(`${this.request.experiment}: ${line}`);
	}

	private openShards(): number[] {
		return Object.keys(this.state.tasks)
			.map(Number)
			.filter((shard) => this.left(shard) > 0);
	}

	private left(shard: number): number {
		return this.cellsLeft(shard).length;
	}

	private cellsLeft(shard: number) {
		const rows = this.rowsOf(shard);
		return this.request.plan.shares[shard - 1]!.filter(({ key }) => !rows.has(key));
	}

	/** Keys of the shard's cells whose rows are there: in its part, or before its first attempt in the results. */
	private rowsOf(shard: number): Set<string> {
		const part = this.partOf(shard);
		const own = new Set(this.request.plan.shares[shard - 1]!.map(({ key }) => key));
		const rows = part ? readRows(join(part, "rows.csv")).rows : [];
		return new Set(rows.map(({ key }) => key).filter((key) => own.has(key)));
	}

	/** The folder whose rows count for a shard: of its last attempt, at first the results there were. */
	private partOf(shard: number): string | undefined {
		const last = this.attemptsOf(shard).at(-1);
		const folder = last ? this.partFolder(shard, last.attempt) : this.results;
		return existsSync(join(folder, runFileName)) ? folder : undefined;
	}

	private attemptsOf(shard: number): readonly Attempt[] {
		return this.state.tasks[shard] ?? [];
	}

	private jobs(): number[] {
		return [...new Set(Object.values(this.state.tasks).map((attempts) => attempts.at(-1)!.job))];
	}

	private attemptFolder(attempt: number): string {
		return join(this.parts, `attempt-${attempt}`);
	}

	private partFolder(shard: number, attempt: number): string {
		const { experiment, plan } = this.request;
		return join(this.attemptFolder(attempt), shardFolder({ index: shard, of: plan.shares.length }), experiment);
	}
}
