import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import type { Row } from "../cells/index.ts";
import { appendWhole } from "./append-whole.ts";
import { writeAtomically } from "./atomic-write.ts";
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
	 * Writes run.json, whole or not at all.
	 * @throws ComputationError when the disk does not take it
	 */
	describe(info: RunInfo): void;
	/** Lets others have the folder; no rows are added after. */
	close(): void;
}

export interface StoreOptions {
	/** Whether rows that are there are thrown away, however damaged. @default false */
	fresh?: boolean;
	/** Told what was repaired. */
	notice?: (line: string) => void;
}

/**
 * Opens the rows of a results folder, made where it is missing. A last line that a crash cut off is removed, with a notice.
 * @throws UsageError when the folder cannot be written, another sweep has it, or its rows.csv is damaged otherwise; nothing is then changed
 */
export function openStore(folder: string, { fresh = false, notice = () => {} }: StoreOptions = {}): Store {
	const path = join(folder, rowsFileName);
	const unlock = writing(folder, () => {
		makeFolder(folder);
		return lockFolder(folder);
	});
	try {
		if (fresh)
			writing(folder, () => {
				for (const name of [rowsFileName, samplesFileName]) rmSync(join(folder, name), { force: true });
			});
		const { rows: found, missing, wholeBytes, cutBytes } = readRows(path);
		const file = writing(folder, () => {
			if (wholeBytes === 0) writeAtomically(path, headerLine);
			const file = appendable(path);
			if (wholeBytes > 0 && cutBytes > 0) ftruncateSync(file.descriptor, wholeBytes);
			fsyncSync(file.descriptor);
			syncFolder(dirname(path));
			return file;
		});
		if (cutBytes > 0) notice(`${path}: the last line was cut off (${cutBytes} bytes) and has been removed`);
		if (missing.length > 0) {
			writing(folder, () => writeAtomically(path, wholeFile(found)));
			file.reopen();
			notice(`${path}: was written by an older version and now has the columns ${missing.join(", ")}`);
		}
		const rows = [...found];
		const places = new Map(rows.map((row, at) => [row.key, at]));
		return {
			folder,
			rows,
			has: (key) => places.has(key),
			put(row, rounds) {
				taking(folder, () => {
					if (rounds) appendSamples(folder, row.key, rounds);
					const at = places.get(row.key);
					if (at === undefined) return appendWhole(file.descriptor, rowLine(row));
					writeAtomically(path, wholeFile(rows.with(at, row)));
					file.reopen();
				});
				const at = places.get(row.key) ?? rows.length;
				rows[at] = row;
				places.set(row.key, at);
			},
			describe: (info) => taking(folder, () => writeRunInfo(folder, info)),
			close() {
				file.close();
				unlock();
			},
		};
	} catch (error) {
		unlock();
		throw error;
	}
}

/** Makes a folder and those above it. (mkdir's own `recursive` never ends where a file system answers ENOENT, as /proc does.) */
function makeFolder(folder: string): void {
	if (existsSync(folder)) return;
	makeFolder(dirname(folder));
	mkdirSync(folder);
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
function wholeFile(rows: readonly Row[]): string {
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
			`results folder ${folder} takes no more (${code}); the rows there are whole, and the same command goes on when there is room`,
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
