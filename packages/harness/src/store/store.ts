import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder, writeAtomically } from "@attgrad/attention-problem";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import type { Row } from "../cells/index.ts";
import { appendWhole } from "./append-whole.ts";
import { type CellOfRow, rowsOfCells } from "./check-rows.ts";
import { lockFolder } from "./lock.ts";
import { headerLine, readRows, rowLine } from "./rows-file.ts";
import { type RunInfo, writeRunInfo } from "./run-info.ts";
import { appendSamples, type Rounds, samplesFileName } from "./samples-file.ts";

/** Name of the file of rows in a results folder. */
export const rowsFileName = "rows.csv";

/** The rows of one results folder, open for a sweep that has it for itself. */
export interface Store {
	readonly folder: string;
	/** Rows there are, in the order they were measured. */
	readonly rows: readonly Row[];
	/** Whether the row of a cell is there, whatever its status. */
	has(key: string): boolean;
	/**
	 * Puts a row and waits until it is on the disk: at the end, or in place of one with its key. The times that it rests on
	 * go to samples.jsonl first.
	 * @throws ComputationError when the disk does not take the whole row; the file is then as it was
	 */
	put(row: Row, rounds?: Rounds): void;
	/**
	 * Writes run.json in one step.
	 * @throws ComputationError when the disk does not take it
	 */
	describe(info: RunInfo): void;
	/** Lets others have the folder; no rows are added after. */
	close(): void;
}

export interface StoreOptions {
	/** Whether rows that are there are thrown away, however damaged. @default false */
	fresh?: boolean;
	/** The cells that rows are of, by key: a row that says otherwise is damaged. @default none */
	cells?: ReadonlyMap<string, CellOfRow>;
	/** Told what was repaired. */
	notice?: (line: string) => void;
}

/**
 * Opens the rows of a results folder, made where it is missing. A last line that a crash cut off is removed, with a notice.
 * @throws UsageError when the folder cannot be written, another sweep has it, or its rows.csv is damaged otherwise; nothing is then changed
 */
export function openStore(
	folder: string,
	{ fresh = false, cells = new Map(), notice = () => {} }: StoreOptions = {},
): Store {
	const path = join(folder, rowsFileName);
	const lock = writing(folder, () => {
		makeFolder(folder);
		return lockFolder(folder);
	});
	try {
		if (fresh)
			writing(folder, () => {
				for (const name of [rowsFileName, samplesFileName]) rmSync(join(folder, name), { force: true });
			});
		writing(folder, () => removeLeftovers(folder));
		const read = readRows(path);
		const { missing, completeBytes, cutBytes, isForeign } = read;
		const found = rowsOfCells(path, read, cells);
		const file = writing(folder, () => {
			if (completeBytes === 0) writeAtomically(path, headerLine);
			const file = appendable(path);
			if (completeBytes > 0 && cutBytes > 0) ftruncateSync(file.descriptor, completeBytes);
			fsyncSync(file.descriptor);
			syncFolder(dirname(path));
			return file;
		});
		if (cutBytes > 0) notice(`${path}: the last line was cut off (${cutBytes} bytes) and has been removed`);
		if (missing.length > 0 || isForeign) {
			writing(folder, () => writeAtomically(path, fileOf(found)));
			file.reopen();
		}
		if (isForeign) notice(`${path}: was saved by another program and is now as a sweep writes it`);
		if (missing.length > 0)
			notice(`${path}: was written by an older version and now has the columns ${missing.join(", ")}`);
		const rows = [...found];
		const places = new Map(rows.map((row, at) => [row.key, at]));
		return {
			folder,
			rows,
			has: (key) => places.has(key),
			put(row, rounds) {
				lock.check();
				taking(folder, () => {
					if (rounds) appendSamples(folder, row.key, rounds);
					const at = places.get(row.key);
					if (at === undefined) return appendWhole(file.descriptor, rowLine(row));
					writeAtomically(path, fileOf(rows.with(at, row)));
					file.reopen();
				});
				const at = places.get(row.key) ?? rows.length;
				rows[at] = row;
				places.set(row.key, at);
			},
			describe: (info) => taking(folder, () => writeRunInfo(folder, info)),
			close() {
				file.close();
				lock.release();
			},
		};
	} catch (error) {
		lock.release();
		throw error;
	}
}

/** Removes temporary files that a crash has left. Only who has the lock writes these files. */
function removeLeftovers(folder: string): void {
	for (const name of readdirSync(folder))
		if (/^(rows\.csv|run\.json|samples\.jsonl)\.[0-9a-f]{16}\.tmp$/.test(name))
			rmSync(join(folder, name), { force: true });
}

/** A file open for adding to, which can be opened again when another has taken its name. */
function appendable(path: string) {
	let descriptor = openSync(path, "a");
	return {
		get descriptor() {
			return descriptor;
		},
		reopen() {
			closeSync(descriptor);
			descriptor = openSync(path, "a");
			syncFolder(dirname(path));
		},
		close: () => closeSync(descriptor),
	};
}

/** A rows.csv of these rows. */
function fileOf(rows: readonly Row[]): string {
	return headerLine + rows.map(rowLine).join("");
}

/** Runs what adds to the rows; a refusal of the disk ends the sweep in one line. */
function taking(folder: string, action: () => void): void {
	try {
		action();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new ComputationError(
			"failed",
			`results folder ${folder} takes no more (${code}); existing rows are intact; free some space and repeat the command to resume`,
		);
	}
}

/** Makes a new name in a folder outlast a power cut; not every system lets a folder be synced. */
function syncFolder(folder: string): void {
	const handle = openSync(folder, "r");
	try {
		fsyncSync(handle);
	} catch {
	} finally {
		closeSync(handle);
	}
}

/** Runs what writes to a results folder; a refusal of the file system is the user's to mend. */
function writing<Result>(folder: string, action: () => Result): Result {
	try {
		return action();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new UsageError(`results folder ${folder} cannot be written (${code}); give another with --out`);
	}
}
