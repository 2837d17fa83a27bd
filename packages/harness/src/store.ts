import {
	closeSync,
	existsSync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	mkdirSync,
	openSync,
	rmSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { writeAtomically } from "./atomic-write.ts";
import { lockFolder } from "./lock.ts";
import type { Row } from "./row.ts";
import { headerLine, readRows, rowLine } from "./rows-file.ts";

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
	 * Adds a row and waits until it is on the disk.
	 * @throws Error when the disk does not take the whole row; the file is then as it was
	 */
	append(row: Row): void;
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
		if (fresh) writing(folder, () => rmSync(path, { force: true }));
		const { rows: found, wholeBytes, cutBytes } = readRows(path);
		const file = writing(folder, () => {
			if (wholeBytes === 0) writeAtomically(path, headerLine);
			const file = openSync(path, "a");
			if (wholeBytes > 0 && cutBytes > 0) ftruncateSync(file, wholeBytes);
			fsyncSync(file);
			syncFolder(dirname(path));
			return file;
		});
		if (cutBytes > 0) notice(`${path}: the last line was cut off (${cutBytes} bytes) and has been removed`);
		const rows = [...found];
		const keys = new Set(rows.map((row) => row.key));
		return {
			folder,
			rows,
			has: (key) => keys.has(key),
			append(row) {
				if (keys.has(row.key)) throw new Error(`store: key ${row.key} is already in ${path}`);
				appendWhole(file, rowLine(row));
				rows.push(row);
				keys.add(row.key);
			},
			close() {
				closeSync(file);
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

/** Adds text to a file, all of it or nothing. */
function appendWhole(file: number, text: string): void {
	const { size } = fstatSync(file);
	try {
		const bytes = Buffer.from(text);
		for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
		fsyncSync(file);
	} catch (error) {
		ftruncateSync(file, size);
		throw error;
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
