import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isAbsence, readIfThere } from "@attgrad/attention-problem";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { type ProcessTable, processTable, startOf } from "../system/index.ts";

/** Names of lock files: `.lock.` and 16 random digits, never used twice. Older versions wrote `.lock`. */
const lockFileName = /^\.lock(\.[0-9a-f]{16})?$/;

/** How often a holder writes its lock file again, milliseconds. */
const heartbeat = 10_000;

/** A lock file of another machine or container that is older than this is stale. Network mounts may show times a minute late. */
const staleAfter = 180_000;

/** How often, and with which pauses, the first of several contenders looks whether the others have withdrawn. */
const looks = 25;
const pause = 20;

/** Who has a folder. `started` tells a process from a later one with its number, `table` where that number counts. */
const holderSchema = z.object({
	pid: z.int(),
	started: z.string(),
	host: z.string(),
	/** Absent in lock files of older versions, which have no heartbeat. */
	table: z.string().optional(),
});

type Holder = z.output<typeof holderSchema>;

/** A folder that this process has for itself. */
export interface FolderLock {
	/**
	 * Makes sure that nobody has taken the folder over while this process stood still.
	 * @throws ComputationError where somebody has
	 */
	check(): void;
	/** Lets the folder go. */
	release(): void;
}

/**
 * Takes a folder for this process. Of any number of processes at most one has it.
 *
 * Each contender makes a file of its own and then looks for those of others: of two that both continue, one would have to
 * look before the other's file was there, and the other likewise. Names are never used twice, so removing the file of a
 * process that has ended removes no other. Nothing but creating, listing and removing files is needed: no hard links.
 *
 * A holder in the same process table (same machine, same container) is asked for by its process number and start time.
 * Any other is taken to be there as long as its file was written within `staleAfter`.
 * @throws UsageError when somebody else has the folder, or a lock file cannot be read; Error of the file system
 */
export function lockFolder(folder: string): FolderLock {
	const table = processTable();
	const own = createLock(folder, table);
	try {
		for (let look = 1; ; look++) {
			const others = liveLocks(folder, own, table);
			if (others.length === 0) break;
			// Contenders that see each other: the first by name waits for the others to withdraw.
			const isFirst = others.every(({ name }) => own.name < name);
			if (!isFirst || look === looks) throw inUse(folder, others[0]);
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
		}
	} catch (error) {
		own.remove();
		throw error;
	}
	const timer = setInterval(own.write, heartbeat).unref();
	return {
		check() {
			if (existsSync(own.path)) return;
			throw new ComputationError(
				"failed",
				`results folder ${folder} was taken over by another sweep while this one stood still; existing rows are intact`,
			);
		},
		release() {
			clearInterval(timer);
			own.remove();
		},
	};
}

/** The lock file of this process. */
interface OwnLock {
	readonly name: string;
	readonly path: string;
	/** When it was made, by the clock of the file system; milliseconds. */
	readonly madeAt: number;
	/** Writes it again, which renews its time. */
	write(): void;
	remove(): void;
}

function createLock(folder: string, table: ProcessTable): OwnLock {
	const name = `.lock.${randomBytes(8).toString("hex")}`;
	const path = join(folder, name);
	const holder: Holder = { pid: process.pid, started: startOf(process.pid) ?? "", ...table };
	const content = Buffer.from(JSON.stringify(holder));
	const file = openSync(path, "wx", 0o644);
	let isOpen = true;
	const write = () => {
		// An error here shows at the next row: a disk that takes no heartbeat takes no row.
		try {
			if (isOpen) writeSync(file, content, 0, content.length, 0);
		} catch {}
	};
	const remove = () => {
		if (isOpen) closeSync(file);
		isOpen = false;
		rmSync(path, { force: true });
	};
	write();
	return { name, path, madeAt: fstatSync(file).mtimeMs, write, remove };
}

/** A lock file of somebody who is there. */
interface LiveLock {
	readonly name: string;
	readonly path: string;
	/** Undefined while the file is still empty. */
	readonly holder: Holder | undefined;
}

/** The locks of others on a folder. Files of processes that have ended are removed. */
function liveLocks(folder: string, own: OwnLock, table: ProcessTable): LiveLock[] {
	const names = readdirSync(folder).filter((name) => lockFileName.test(name) && name !== own.name);
	return names.flatMap((name) => {
		const path = join(folder, name);
		const found = readLock(folder, path);
		if (found === undefined) return [];
		const holder = parseHolder(found.text);
		if (isThere(holder, { table, isOld: own.madeAt - found.writtenAt > staleAfter, name }))
			return [{ name, path, holder }];
		rmSync(path, { force: true });
		return [];
	});
}

/** @throws UsageError where there is one that cannot be read: it may be another user's */
function readLock(folder: string, path: string): { text: string; writtenAt: number } | undefined {
	try {
		const writtenAt = statSync(path).mtimeMs;
		const text = readIfThere(path)?.toString("utf8");
		return text === undefined ? undefined : { text, writtenAt };
	} catch (error) {
		if (isAbsence(error)) return undefined;
		const reason = error instanceof Error ? error.message : String(error);
		throw new UsageError(
			`results folder ${folder} may be in use by another sweep: ${reason}; wait for it, or remove ${path} if it is gone`,
		);
	}
}

function isThere(
	holder: Holder | undefined,
	{ table, isOld, name }: { readonly table: ProcessTable; readonly isOld: boolean; readonly name: string },
): boolean {
	// A file that is just made is empty for a moment. One of an older version was never seen in parts.
	if (holder === undefined) return name !== ".lock" && !isOld;
	if (holder.table === undefined) return holder.host !== table.host || isRunning(holder);
	return holder.host === table.host && holder.table === table.table ? isRunning(holder) : !isOld;
}

function isRunning({ pid, started }: Holder): boolean {
	const now = startOf(pid);
	return now !== undefined && (started === "" || now === "" || now === started);
}

function inUse(folder: string, { path, holder }: LiveLock): UsageError {
	const who = holder ? ` (process ${holder.pid} on ${holder.host})` : "";
	return new UsageError(
		`results folder ${folder} is in use by another sweep${who}; wait for it, or remove ${path} if it is gone`,
	);
}

function parseHolder(text: string): Holder | undefined {
	try {
		return holderSchema.parse(JSON.parse(text));
	} catch {
		return undefined;
	}
}
