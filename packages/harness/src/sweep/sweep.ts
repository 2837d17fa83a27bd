import { join } from "node:path";
import { shortDuration, totalMemory, UsageError } from "@attgrad/matrix-core";
import { describeCell, type Row, type Status } from "../cells/index.ts";
import { type Effort, type Experiment, type GridOverrides, type Preset, wallLimit } from "../experiment/index.ts";
import { type KeyedCell, planCells, type Shard, shardFolder } from "../shards/index.ts";
import { openStore, type RunInfo, readRows, rowsFileName, rowsOfCells, type Store } from "../store/index.ts";
import {
	type Machine,
	machineWarnings,
	readCommit,
	readMachine,
	readVersions,
	throttleCount,
} from "../system/index.ts";
import { CurveLimits } from "./curve-limits.ts";
import { estimateCell } from "./estimate.ts";
import { byPoint, measurePoint } from "./measure-point.ts";
import type { Progress } from "./progress.ts";
import { toRow } from "./to-row.ts";
import { handleAll } from "./work-queue.ts";

/** How a sweep goes. */
export interface SweepOptions {
	/** Where to tell how far it is. */
	progress: Progress;
	/** @default quick */
	preset?: Preset;
	/** Axes that replace those of the grid. */
	overrides?: GridOverrides;
	/** Folder in which each experiment has its own. @default results, in the current directory */
	out?: string;
	/** Throw away rows that are there. @default false */
	fresh?: boolean;
	/** Cells at once; where that is more than one they disturb each other, and their rows say so. @default 1 */
	jobs?: number;
	/** Once the median time of a point passes this, larger n of its curve are skipped; milliseconds. @default the experiment's */
	timeLimit?: number;
	/** Measure only this part of the cells, into a folder of its own in `out`, for `mergeRuns`. @default all */
	shard?: Shard;
	/** Rows that are there and are measured again; each stays until its new one is there. @default none */
	rerun?: Rerun;
	/** Resident memory that a cell's process may take, MiB; watched on Linux. @default four fifths of what there is */
	memoryLimit?: number;
	/** Time that a cell may take in all, milliseconds. @default 6 times the time limit, a minute at least */
	cellTimeout?: number;
	/** Stops the sweep: running cells are killed, finished rows stay. */
	signal?: AbortSignal;
}

/** The summary of the sweep of one experiment. */
export interface SweepSummary {
	readonly experiment: string;
	/** Where its files are. */
	readonly folder: string;
	/** Cells of the grid by what became of them, in this sweep or an earlier one. */
	readonly counts: Readonly<Partial<Record<Status, number>>>;
	/** Cells that are still to run, where the sweep was stopped. */
	readonly left: number;
}

/** Rows that can be measured again: those of cells that went wrong, those that were skipped, or all. */
export const reruns = ["failed", "skipped", "all"] as const;

/** The rows of a results folder that are measured again. */
export type Rerun = (typeof reruns)[number];

/** The plan of a sweep. */
export interface SweepPlan {
	readonly experiment: string;
	readonly folder: string;
	/** Cells of the grid. */
	readonly cells: number;
	/** Cells that are to be measured, in their order, with the time that each is expected to take in all; milliseconds. */
	readonly toRun: readonly { readonly key: string; readonly what: string; readonly milliseconds: number }[];
}

/**
 * The plan of a sweep, without the sweep: nothing is written.
 * @throws UsageError when the grid will not do, or the rows that are there are damaged
 */
export async function planSweep(
	experiment: Experiment,
	options: Omit<SweepOptions, "progress" | "signal">,
): Promise<SweepPlan> {
	const { folder, cells, budget, timeLimit } = await prepare(experiment, options);
	const path = join(folder, rowsFileName);
	const found = options.fresh ? [] : rowsOfCells(path, readRows(path), byKey(cells));
	const { toRun, limits } = select(cells, found, options.rerun, timeLimit);
	return {
		experiment: experiment.name,
		folder,
		cells: cells.length,
		toRun: toRun.map(({ key, cell }) => ({
			key,
			what: describeCell(cell),
			milliseconds: estimateCell(cell, { budget, timeLimit }, limits, experiment),
		})),
	};
}

/**
 * Measures the cells of an experiment whose rows are not there yet, each in a process of its own, those of one point in
 * rounds, and adds each row to `rows.csv` as soon as its cell is done. A cell never ends the sweep: what went wrong with it
 * is the status of its row.
 * @throws UsageError when the grid or the folder will not do; ComputationError when the disk takes no more rows
 */
export async function sweep(experiment: Experiment, options: SweepOptions): Promise<SweepSummary> {
	const { progress, fresh = false } = options;
	const prepared = await prepare(experiment, options);
	const { cells, folder } = prepared;
	const conditions = { machine: readMachine(), source: await readCommit() };
	const store = openStore(folder, { fresh, cells: byKey(cells), notice: progress.notice });
	try {
		store.describe(runInfo(experiment, options, prepared, conditions));
		const rows = await measureCells(experiment, options, prepared, conditions, store);
		const summary = summarise(
			cells.flatMap(({ key }) => rows.get(key) ?? []),
			cells.length,
		);
		if (summary.left > 0)
			progress.notice(`stopped with ${summary.left} of ${cells.length} cells left; repeat the command to resume`);
		return { experiment: experiment.name, folder, ...summary };
	} finally {
		progress.stop();
		store.close();
	}
}

/** The cells, the folder and the limits of a sweep, from an experiment and the options of a call. */
async function prepare(experiment: Experiment, options: Omit<SweepOptions, "progress" | "signal">) {
	const { preset = "quick", overrides = {}, out = "results", jobs = 1, shard } = options;
	if (!(Number.isInteger(jobs) && jobs >= 1)) throw new UsageError(`--jobs must be a whole number >= 1, got ${jobs}`);
	const { shards, grid, kernel, effort } = await planCells(experiment, {
		preset,
		overrides,
		timeLimit: options.timeLimit,
		shards: shard?.of ?? 1,
	});
	const { memoryLimit = defaultMemoryLimit(), cellTimeout = wallLimit(effort.timeLimit) } = options;
	return {
		preset,
		overrides,
		jobs,
		grid,
		kernel,
		cells: shards[(shard?.index ?? 1) - 1],
		folder: join(out, ...(shard ? [shardFolder(shard)] : []), experiment.name),
		...effort,
		memoryLimit,
		cellTimeout,
	};
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Where and from which source the cells of a sweep are measured. */
interface Conditions {
	readonly machine: Machine;
	readonly source: Awaited<ReturnType<typeof readCommit>>;
}

/** The content of `run.json`. */
function runInfo(
	{ name, title, question }: Experiment,
	{ shard }: SweepOptions,
	{ preset, overrides, jobs, timeLimit, budget, memoryLimit, cellTimeout, grid, kernel, cells }: Prepared,
	{ machine, source }: Conditions,
): RunInfo {
	return {
		experiment: name,
		title,
		question,
		preset,
		settings: { overrides, jobs, timeLimit, budget, memoryLimit, cellTimeout, ...(shard && { shard, grid }) },
		versions: readVersions(),
		machine,
		kernel,
		commit: source?.commit ?? null,
		dirty: source?.dirty ?? null,
		startedAt: new Date().toISOString(),
		cells: cells.map(({ key, cell }) => ({ key, ...cell })),
	};
}

/** Measures the cells that are left and puts their rows into the store. @returns the rows of all cells, by their keys */
async function measureCells(
	experiment: Experiment,
	{ progress, rerun, signal }: SweepOptions,
	{ cells, budget, timeLimit, memoryLimit, cellTimeout, jobs }: Prepared,
	{ machine, source }: Conditions,
	store: Store,
): Promise<Map<string, Row>> {
	const { toRun, rows, limits } = select(cells, store.rows, rerun, timeLimit);
	progress.notice(describeStart(experiment, cells.length, toRun, { budget, timeLimit }, limits, jobs));
	if (toRun.length > 0) for (const warning of await machineWarnings()) progress.notice(warning);
	const throttled = throttleCount();
	progress.start(toRun.length);
	const commit = source ? source.commit + (source.dirty ? "+" : "") : "";
	await handleAll(byPoint(toRun), jobs, signal, (point, signal) => {
		const started = new Map<string, string>();
		return measurePoint(point, {
			module: experiment.module,
			budget,
			limits: { time: cellTimeout, memory: memoryLimit },
			signal,
			reasonToSkip: (cell) => limits.reasonToSkip(cell),
			onTurn({ key, cell }) {
				if (!started.has(key)) started.set(key, new Date().toISOString());
				progress.begin(describeCell(cell));
			},
			onEnd({ key, cell }, outcome) {
				const started_at = started.get(key) ?? new Date().toISOString();
				const row = toRow(key, cell, outcome, { contended: jobs > 1, started_at, machine: machine.name, commit });
				store.put(row, outcome.status === "done" ? outcome.measurement.rounds : undefined);
				rows.set(key, row);
				limits.note(cell, row);
				progress.finish(describeCell(cell), row);
			},
		});
	});
	if (throttleCount() > throttled)
		progress.notice("warning: the processor was slowed down for heat meanwhile; times of this sweep may be too long");
	return rows;
}

const byKey = (cells: readonly KeyedCell[]) => new Map(cells.map(({ key, cell }) => [key, cell]));

/** The cells that are to be measured, with what is known of the others. */
function select(cells: readonly KeyedCell[], found: readonly Row[], rerun: Rerun | undefined, timeLimit: number) {
	const rows = new Map(found.filter((row) => !isRerun(row, rerun)).map((row) => [row.key, row]));
	const limits = new CurveLimits(timeLimit);
	for (const { key, cell } of cells) {
		const row = rows.get(key);
		if (row) limits.note(cell, row);
	}
	return { toRun: cells.filter(({ key }) => !rows.has(key)), rows, limits };
}

function isRerun({ status }: Row, rerun: Rerun | undefined): boolean {
	if (rerun === "failed") return status !== "done" && status !== "skipped";
	return rerun === "all" || status === rerun;
}

/** `scaling: found 120 cells, done 96, to run 24, about 3 min` */
function describeStart(
	experiment: Experiment,
	count: number,
	toRun: readonly KeyedCell[],
	effort: Effort,
	limits: CurveLimits,
	jobs: number,
): string {
	const start = `${experiment.name}: found ${count} cells, done ${count - toRun.length}, to run ${toRun.length}`;
	if (toRun.length === 0) return start;
	const together = toRun.reduce((sum, { cell }) => sum + estimateCell(cell, effort, limits, experiment), 0) / jobs;
	return `${start}, about ${shortDuration(together)}`;
}

/** Four fifths of the memory that this process may use, MiB. */
function defaultMemoryLimit(): number {
	return Math.round((0.8 * totalMemory()) / 2 ** 20);
}

function summarise(rows: readonly Row[], cells: number): Pick<SweepSummary, "counts" | "left"> {
	const counts: Partial<Record<Status, number>> = {};
	for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
	return { counts, left: cells - rows.length };
}
