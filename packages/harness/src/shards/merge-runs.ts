import { makeFolder } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { type Row, sizeText } from "../cells/index.ts";
import {
	distinctFolders,
	type FolderLock,
	isRun,
	isSameFolder,
	lockFolder,
	type Measurements,
	type Rounds,
	type RunInfo,
	readMeasurements,
	rowLine,
	writeMeasurements,
} from "../store/index.ts";
import { requireSameKind } from "./same-kind.ts";

/** How runs are joined. */
export interface MergeOptions {
	/** Folder of the joined run. Rows that are there already are one of the parts, unless `fresh`. */
	readonly out: string;
	/** Disregard what `out` holds. @default false */
	readonly fresh?: boolean;
	/**
	 * Join like a sweep that resumes: the rows that `out` holds stay, of whatever runs, run.json is that of the folders, and
	 * the program may have moved to another commit in between. @default false
	 */
	readonly extend?: boolean;
	/** Join runs of machines with different processors, whose times cannot be compared. @default false */
	readonly anyMachine?: boolean;
}

/** The result of a merge. */
export interface MergeSummary {
	readonly experiment: string;
	readonly folder: string;
	/** Rows there are now. */
	readonly rows: number;
	/** Cells of the whole grid; where parts of it are not among the folders, rows are missing. */
	readonly cells: number;
	/** Shards of the grid that are not among the folders, `2/4`. */
	readonly missing: readonly string[];
}

/** The measurements in a folder. */
interface Part extends Measurements {
	readonly folder: string;
}

/**
 * Joins the rows of runs of one experiment, and the times they rest on: shards of a sweep, or sweeps over different points.
 * Every key stands once, in the order of measurement; the folders are not changed.
 * @throws UsageError when a folder holds no run, runs are not of one kind, or a cell was measured twice with different rows
 */
export function mergeRuns(folders: readonly string[], options: MergeOptions): MergeSummary {
	const { out, fresh = false, extend = false, anyMachine = false } = options;
	// Before the folder is made: what cannot be joined leaves none.
	const others = distinctFolders(folders)
		.filter((folder) => !isSameFolder(folder, out))
		.map(readPart);
	const lock = takeFolder(out);
	try {
		const isThere = !fresh && isRun(out);
		const parts = [...(isThere && (!extend || others.length === 0) ? [readPart(out)] : []), ...others];
		const [first] = parts;
		if (!first) throw new UsageError("merge: no folder of a run is given");
		for (const part of parts.slice(1)) requireSameKind(first, part, { anyMachine, anyCommit: extend });
		const measured = [...(isThere && extend ? [readPart(out)] : []), ...parts];
		const rows = joinRows(measured);
		const info = joinInfos(parts.map((part) => part.info));
		writeMeasurements(out, { info, rows, samples: joinSamples(measured, rows) });
		const { missing, cells } = completeness(
			parts.map((part) => part.info),
			info,
		);
		return { experiment: info.experiment, folder: out, rows: rows.length, cells, missing };
	} finally {
		lock.release();
	}
}

function takeFolder(out: string): FolderLock {
	try {
		makeFolder(out);
		return lockFolder(out);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new UsageError(`merge: ${out} cannot be written (${code}); give another with --out`);
	}
}

function readPart(folder: string): Part {
	return { folder, ...readMeasurements(folder) };
}

/** Every row once, in the order of measurement. */
function joinRows(parts: readonly Part[]): Row[] {
	const found = new Map<string, { row: Row; folder: string }>();
	for (const { folder, rows } of parts)
		for (const row of rows) {
			const before = found.get(row.key);
			if (before && rowLine(before.row) !== rowLine(row))
				throw new UsageError(
					`${row.algorithm} n=${sizeText(row.n)} (key ${row.key}) was measured twice, in ${before.folder} and in ${folder}, with different rows; leave one folder out`,
				);
			if (!before) found.set(row.key, { row, folder });
		}
	return [...found.values()]
		.map(({ row }) => row)
		.sort((a, b) => (a.started_at < b.started_at ? -1 : a.started_at > b.started_at ? 1 : 0));
}

/** The times that the joined rows rest on, in their order. A folder's times of a row that it does not have are left out. */
function joinSamples(parts: readonly Part[], rows: readonly Row[]): Map<string, Rounds> {
	const found = new Map<string, Rounds>();
	for (const { rows, samples } of parts)
		for (const { key } of rows) {
			const rounds = samples.get(key);
			if (rounds && !found.has(key)) found.set(key, rounds);
		}
	return new Map(
		rows.flatMap(({ key }) => {
			const rounds = found.get(key);
			return rounds ? [[key, rounds] as const] : [];
		}),
	);
}

/** The run that has the cells of all, in the order of the grid where a shard tells it. */
function joinInfos(infos: readonly RunInfo[]): RunInfo {
	const [first] = infos as [RunInfo, ...RunInfo[]];
	const cells = new Map(infos.flatMap((info) => info.cells).map((cell) => [cell.key, cell]));
	const grid = infos.find((info) => info.settings.shard)?.settings.grid ?? [];
	const ordered = new Set([...grid, ...cells.keys()]);
	const { shard: _shard, grid: _grid, ...settings } = first.settings;
	return {
		...first,
		settings,
		startedAt: infos.map((info) => info.startedAt).sort()[0],
		dirty: infos.some((info) => info.dirty) || first.dirty,
		cells: [...ordered].flatMap((key) => cells.get(key) ?? []),
	};
}

/** How many cells there are in all, and whose are not among the parts. */
function completeness(infos: readonly RunInfo[], joined: RunInfo): { cells: number; missing: string[] } {
	const known = new Set(joined.cells.map(({ key }) => key));
	const sharded = infos.filter((info) => info.settings.shard);
	const cells = new Set([...known, ...sharded.flatMap((info) => info.settings.grid ?? [])]);
	const shards = sharded.flatMap((info) => info.settings.shard ?? []);
	if (cells.size === known.size || shards.length === 0) return { cells: cells.size, missing: [] };
	const [{ of }] = shards;
	const there = new Set(shards.map(({ index }) => index));
	const missing = Array.from({ length: of }, (_, i) => i + 1).filter((index) => !there.has(index));
	return { cells: cells.size, missing: missing.map((index) => `${index}/${of}`) };
}
