import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { type Cell, describeCell } from "./cell.ts";
import type { CellOutcome } from "./cell-message.ts";
import { CurveLimits } from "./curve-limits.ts";
import type { Experiment, Preset } from "./experiment.ts";
import type { GridOverrides } from "./grid.ts";
import { readCommit, readMachine, readVersions } from "./machine.ts";
import type { Progress } from "./progress.ts";
import type { Row, Status } from "./row.ts";
import { runCell } from "./run-cell.ts";
import { writeRunInfo } from "./run-info.ts";
import { planCells } from "./shards/plan-cells.ts";
import { type Shard, shardFolder } from "./shards/shard.ts";
import { openStore } from "./store.ts";
import { wallLimit } from "./wall-limit.ts";
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
	/** Stops the sweep: running cells are killed, finished rows stay. */
	signal?: AbortSignal;
}

/** What became of the cells of one experiment. */
export interface SweepSummary {
	readonly experiment: string;
	/** Where its files are. */
	readonly folder: string;
	/** Cells of the grid by what became of them, in this sweep or an earlier one. */
	readonly counts: Readonly<Partial<Record<Status, number>>>;
	/** Cells that are still to run, where the sweep was stopped. */
	readonly left: number;
}

/**
 * Measures the cells of an experiment whose rows are not there yet, each in a process of its own, and adds each row to
 * `rows.csv` at once. A cell never ends the sweep: what went wrong with it is the status of its row.
 * @throws UsageError when the grid or the folder will not do; Error when the disk takes no more rows
 */
export async function sweep(experiment: Experiment, options: SweepOptions): Promise<SweepSummary> {
	const { progress, preset = "quick", overrides = {}, out = "results", fresh = false, jobs = 1 } = options;
	if (!(Number.isInteger(jobs) && jobs >= 1)) throw new UsageError(`--jobs must be a whole number >= 1, got ${jobs}`);
	const { shard } = options;
	const plan = await planCells(experiment, { ...options, preset, overrides, shards: shard?.of ?? 1 });
	const { budget, timeLimit } = plan.effort;
	const { kernel } = plan;
	const cells = plan.shares[(shard?.index ?? 1) - 1]!;
	const machine = readMachine();
	const source = await readCommit();
	const folder = join(out, ...(shard ? [shardFolder(shard)] : []), experiment.name);
	const store = openStore(folder, { fresh, notice: progress.notice });
	try {
		const { name, title, question, module } = experiment;
		writeRunInfo(folder, {
			experiment: name,
			title,
			question,
			preset,
			settings: { overrides, jobs, timeLimit, budget, ...(shard && { shard, grid: plan.grid }) },
			versions: readVersions(),
			machine,
			kernel,
			commit: source?.commit ?? null,
			dirty: source?.dirty ?? null,
			startedAt: new Date().toISOString(),
			cells: cells.map(({ key, cell }) => ({ key, ...cell })),
		});
		const rows = new Map(store.rows.map((row) => [row.key, row]));
		const limits = new CurveLimits(timeLimit);
		for (const { key, cell } of cells) if (rows.has(key)) limits.note(cell, rows.get(key)!);
		const toRun = cells.filter(({ key }) => !rows.has(key));
		progress.notice(
			`${name}: found ${cells.length} cells, done ${cells.length - toRun.length}, to run ${toRun.length}`,
		);
		progress.start(toRun.length);
		const commit = source ? source.commit + (source.dirty ? "+" : "") : "";
		await handleAll(toRun, jobs, options.signal, async ({ key, cell }, signal) => {
			const what = describeCell(cell);
			const started_at = new Date().toISOString();
			progress.begin(what);
			const reason = limits.reasonToSkip(cell);
			const outcome: CellOutcome | undefined = reason
				? { status: "skipped", reason }
				: await runCell({ cell, module, budget }, wallLimit(timeLimit), signal);
			if (!outcome) return;
			const row = toRow(key, cell, outcome, { contended: jobs > 1, started_at, machine: machine.name, commit });
			store.append(row);
			rows.set(key, row);
			limits.note(cell, row);
			progress.finish(what, row);
		});
		const summary = summarise(
			cells.flatMap(({ key }) => rows.get(key) ?? []),
			cells.length,
		);
		if (summary.left > 0)
			progress.notice(
				`stopped with ${summary.left} of ${cells.length} cells to run; the same command goes on from here`,
			);
		return { experiment: name, folder, ...summary };
	} finally {
		progress.stop();
		store.close();
	}
}

function summarise(rows: readonly Row[], cells: number): Pick<SweepSummary, "counts" | "left"> {
	const counts: Partial<Record<Status, number>> = {};
	for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
	return { counts, left: cells - rows.length };
}

type Circumstances = Pick<Row, "contended" | "started_at" | "machine" | "commit">;

function toRow(key: string, cell: Cell, outcome: CellOutcome, circumstances: Circumstances): Row {
	const { version: _version, options: _options, ...point } = cell;
	return {
		key,
		...point,
		status: outcome.status,
		reason: outcome.status === "done" ? "" : outcome.reason.replace(/\s*[\r\n]+\s*/g, " "),
		...(outcome.status === "done" && outcome.measurement),
		...circumstances,
	};
}
