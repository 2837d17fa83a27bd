import { join } from "node:path";
import { createRuntime, UsageError } from "@attgrad/matrix-core";
import { type Cell, cellKey, describeCell } from "./cell.ts";
import type { CellOutcome } from "./cell-message.ts";
import { CurveLimits } from "./curve-limits.ts";
import { defaultEffort, type Experiment, type Preset } from "./experiment.ts";
import { expandGrid, type GridOverrides } from "./grid.ts";
import { readCommit, readMachine, readVersions } from "./machine.ts";
import type { Progress } from "./progress.ts";
import type { Row, Status } from "./row.ts";
import { runCell } from "./run-cell.ts";
import { writeRunInfo } from "./run-info.ts";
import { openStore } from "./store.ts";

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

/** A cell may take this multiple of its curve's time limit in all, and at least `leastWall` milliseconds. */
const wallFactor = 6;
const leastWall = 60_000;

/**
 * Measures the cells of an experiment whose rows are not there yet, each in a process of its own, and adds each row to
 * `rows.csv` at once. A cell never ends the sweep: what went wrong with it is the status of its row.
 * @throws UsageError when the grid or the folder will not do; Error when the disk takes no more rows
 */
export async function sweep(
	experiment: Experiment,
	{ progress, preset = "quick", overrides = {}, out = "results", fresh = false, jobs = 1, ...options }: SweepOptions,
): Promise<SweepSummary> {
	if (!(Number.isInteger(jobs) && jobs >= 1)) throw new UsageError(`--jobs must be a whole number >= 1, got ${jobs}`);
	const effort = { ...defaultEffort[preset], ...experiment.effort?.[preset] };
	const { budget, timeLimit } = { ...effort, ...(options.timeLimit && { timeLimit: options.timeLimit }) };
	const kernel = await defaultKernel();
	const cells = expandGrid(experiment, preset, kernel, overrides).map((cell) => ({ key: cellKey(cell), cell }));
	const machine = readMachine();
	const source = await readCommit();
	const folder = join(out, experiment.name);
	const store = openStore(folder, { fresh, notice: progress.notice });
	try {
		const startedAt = new Date().toISOString();
		writeRunInfo(folder, {
			experiment: experiment.name,
			title: experiment.title,
			question: experiment.question,
			preset,
			settings: { overrides, jobs, timeLimit, budget },
			versions: readVersions(),
			machine,
			kernel,
			commit: source?.commit ?? null,
			dirty: source?.dirty ?? null,
			startedAt,
			cells: cells.map(({ key, cell }) => ({ key, ...cell })),
		});
		const stored = new Map(store.rows.map((row) => [row.key, row]));
		const limits = new CurveLimits(timeLimit);
		for (const { key, cell } of cells) if (stored.has(key)) limits.note(cell, stored.get(key)!);
		const toRun = cells.filter(({ key }) => !stored.has(key));
		progress.notice(
			`${experiment.name}: found ${cells.length} cells, done ${cells.length - toRun.length}, to run ${toRun.length}`,
		);

		const broken = new AbortController();
		const signal = options.signal ? AbortSignal.any([options.signal, broken.signal]) : broken.signal;
		const attempt = async (cell: Cell): Promise<CellOutcome | undefined> => {
			const reason = limits.reasonToSkip(cell);
			if (reason) return { status: "skipped", reason };
			return runCell({ cell, module: experiment.module, budget }, Math.max(leastWall, wallFactor * timeLimit), signal);
		};
		const queue = toRun.values();
		const work = async () => {
			for (const { key, cell } of queue) {
				if (signal.aborted) return;
				progress.begin(describeCell(cell));
				const circumstances = {
					contended: jobs > 1,
					started_at: new Date().toISOString(),
					machine: machine.name,
					commit: source ? source.commit + (source.dirty ? "+" : "") : "",
				};
				const outcome = await attempt(cell);
				if (!outcome) return;
				const row = toRow(key, cell, outcome, circumstances);
				store.append(row);
				stored.set(key, row);
				limits.note(cell, row);
				progress.finish(describeCell(cell), row);
			}
		};
		progress.start(toRun.length);
		const working = Array.from({ length: jobs }, work);
		await Promise.all(working).catch(async (error) => {
			broken.abort();
			await Promise.allSettled(working);
			throw error;
		});

		const counts: Partial<Record<Status, number>> = {};
		const rows = cells.flatMap(({ key }) => stored.get(key) ?? []);
		for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
		const left = cells.length - rows.length;
		if (left > 0)
			progress.notice(`stopped with ${left} of ${cells.length} cells to run; the same command goes on from here`);
		return { experiment: experiment.name, folder, counts, left };
	} finally {
		progress.stop();
		store.close();
	}
}

/** Name of the kernel that a runtime takes unless told otherwise. */
async function defaultKernel(): Promise<string> {
	const runtime = await createRuntime();
	await runtime.close();
	return runtime.kernel;
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
