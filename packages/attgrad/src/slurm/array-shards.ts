import { rmSync } from "node:fs";
import { join } from "node:path";
import { type CellPlan, isRun, mergeRuns, readRows, removeRun, shardFolder } from "@attgrad/harness";
import { present, UsageError } from "@attgrad/matrix-core";
import { type ArrayState, type Attempt, readArrayState, writeArrayState } from "./array-state.ts";

/** The cells of a job array. */
export interface ArrayCells {
	readonly experiment: string;
	readonly plan: CellPlan;
	/** Words of the call that determine the cells. */
	readonly words: readonly string[];
	/** The results: each experiment has its own folder in it. */
	readonly out: string;
}

/** The shards of a job array: which attempts were made of each, the folders these write, and the cells that are left. */
export class ArrayShards {
	readonly #cells: ArrayCells;
	/** Where the attempts are. */
	readonly #folder: string;
	/** Where the rows of all are joined. */
	readonly results: string;
	#state: ArrayState;
	/** Rows that are in the results. */
	#merged = -1;

	constructor(cells: ArrayCells) {
		const { experiment, out, plan, words } = cells;
		this.#cells = cells;
		this.#folder = join(out, `${experiment}.slurm`);
		this.results = join(out, experiment);
		this.#state = {
			experiment,
			shards: plan.shards.length,
			words: [...words],
			short: { time: 0, memory: 0 },
			tasks: {},
		};
	}

	/** Removes attempts and results. */
	clear(): void {
		this.removeAttempts();
		removeRun(this.results);
	}

	removeAttempts(): void {
		rmSync(this.#folder, { recursive: true, force: true });
	}

	/**
	 * Takes up the array that was submitted before; says whether there was one.
	 * @throws UsageError when it is that of another call
	 */
	resume(): boolean {
		const { plan, words } = this.#cells;
		const before = readArrayState(this.#folder);
		if (before && (before.shards !== plan.shards.length || before.words.join(" ") !== words.join(" ")))
			throw new UsageError(
				`${this.#folder} holds an array of another call (${before.words.join(" ")}, ${before.shards} shards); finish that one first, or start anew with --fresh`,
			);
		if (before) this.#state = before;
		return before !== undefined;
	}

	/** How often a task had too little time or memory. */
	get short(): ArrayState["short"] {
		return this.#state.short;
	}

	/** Notes down that tasks had too little once more. */
	raise(more: ArrayState["short"]): void {
		const { time, memory } = this.#state.short;
		this.#state = { ...this.#state, short: { time: time + more.time, memory: memory + more.memory } };
	}

	/** Number of the next attempt. */
	nextAttempt(): number {
		return 1 + Math.max(0, ...Object.values(this.#state.tasks).flatMap((list) => list.map(({ attempt }) => attempt)));
	}

	/** Gives the shards of an attempt the rows that they have so far. @returns how many each has */
	handOver(shards: readonly number[], attempt: number): Map<number, number> {
		return new Map(
			shards.map((shard) => {
				const run = this.#runOf(shard);
				const rows = this.#rowsOf(shard).size;
				if (run) mergeRuns([run], { out: this.#folderOf(shard, attempt), fresh: true, anyMachine: true });
				return [shard, rows];
			}),
		);
	}

	/** Notes down the job that an attempt was submitted as. */
	submitted(attempt: number, job: number, rowsBefore: ReadonlyMap<number, number>): void {
		for (const [shard, rows] of rowsBefore)
			this.#state.tasks[shard] = [...this.#attemptsOf(shard), { attempt, job, rowsBefore: rows }];
		writeArrayState(this.#folder, this.#state);
	}

	/** Shards that have cells: an array may be wider than the grid. */
	nonEmpty(): number[] {
		return this.#cells.plan.shards.flatMap((cells, i) => (cells.length > 0 ? [i + 1] : []));
	}

	/** Shards that were submitted and have cells left. */
	open(): number[] {
		return Object.keys(this.#state.tasks)
			.map(Number)
			.filter((shard) => this.left(shard) > 0);
	}

	/** The number of cells left. */
	left(shard: number): number {
		return this.cellsLeft(shard).length;
	}

	cellsLeft(shard: number) {
		const rows = this.#rowsOf(shard);
		return this.#cells.plan.shards[shard - 1].filter(({ key }) => !rows.has(key));
	}

	/** The last attempt of a shard that was submitted. */
	lastAttempt(shard: number): Attempt {
		return present(this.#attemptsOf(shard).at(-1), `an attempt of shard ${shard}`);
	}

	/** How many of the last attempts of a shard, in a row, gave no row. */
	fruitless(shard: number): number {
		const attempts = this.#attemptsOf(shard);
		const after = [...attempts.slice(1).map((one) => one.rowsBefore), this.#rowsOf(shard).size];
		const gains = attempts.map((one, i) => after[i] - one.rowsBefore);
		return gains.length - 1 - gains.findLastIndex((gain) => gain > 0);
	}

	/** The jobs of all last attempts. */
	jobs(): number[] {
		return [...new Set(Object.keys(this.#state.tasks).map((shard) => this.lastAttempt(Number(shard)).job))];
	}

	/** Merges the shards' rows into the results where rows have arrived. */
	mergeNew(): void {
		const runs = this.nonEmpty().flatMap((shard) => this.#runOf(shard) ?? []);
		const rows = this.nonEmpty().reduce((sum, shard) => sum + this.#rowsOf(shard).size, 0);
		if (runs.length === 0 || rows === this.#merged) return;
		mergeRuns(runs, { out: this.results, extend: true, anyMachine: true });
		this.#merged = rows;
	}

	/** Where an attempt has its script, its logs and a folder for each of its shards. */
	attemptFolder(attempt: number): string {
		return join(this.#folder, `attempt-${attempt}`);
	}

	#folderOf(shard: number, attempt: number): string {
		const { experiment, plan } = this.#cells;
		return join(this.attemptFolder(attempt), shardFolder({ index: shard, of: plan.shards.length }), experiment);
	}

	/** Keys of the shard's cells whose rows are there: in its own folder, or before its first attempt in the results. */
	#rowsOf(shard: number): Set<string> {
		const run = this.#runOf(shard);
		const own = new Set(this.#cells.plan.shards[shard - 1].map(({ key }) => key));
		const rows = run ? readRows(join(run, "rows.csv")).rows : [];
		return new Set(rows.map(({ key }) => key).filter((key) => own.has(key)));
	}

	/** The folder whose rows count for a shard: of its last attempt, at first the results there were. */
	#runOf(shard: number): string | undefined {
		const last = this.#attemptsOf(shard).at(-1);
		const folder = last ? this.#folderOf(shard, last.attempt) : this.results;
		return isRun(folder) ? folder : undefined;
	}

	#attemptsOf(shard: number): readonly Attempt[] {
		return this.#state.tasks[shard] ?? [];
	}
}
