import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";

const lockFileName = ".lock";

/** Who has a folder. `started` tells a process from a later one with its number. */
const holderSchema = z.object({ pid: z.int(), started: z.string(), host: z.string() });

type Holder = z.output<typeof holderSchema>;

/**
 * Takes a results folder for this process. A lock whose process is gone is taken over.
 * The lock file appears with its content in one step (a hard link), so that it is never seen half-written.
 * @returns lets the folder go
 * @throws UsageError when a running sweep has the folder
 */
export function lockFolder(folder: string): () => void {
	const path = join(folder, lockFileName);
	const mine: Holder = { pid: process.pid, started: startOf(process.pid) ?? "", host: hostname() };
	const prepared = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(prepared, JSON.stringify(mine));
		while (!tryLink(prepared, path)) {
			const text = readOrNothing(path);
			if (text === undefined) continue;
			if (!isGone(text)) throw held(folder, path, text);
			discardStale(path, text);
		}
	} finally {
		rmSync(prepared, { force: true });
	}
	return () => rmSync(path, { force: true });
}

/** @returns whether the lock is now ours */
function tryLink(prepared: string, path: string): boolean {
	try {
		linkSync(prepared, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

/**
 * Removes the lock that was seen to be stale. Another process may have replaced it meanwhile: what is moved away is
 * read again, and put back where it is not the same.
 */
function discardStale(path: string, seen: string): void {
	const aside = `${path}.stale.${process.pid}.tmp`;
	try {
		renameSync(path, aside);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
		throw error;
	}
	if (readFileSync(aside, "utf8") !== seen) tryLink(aside, path);
	rmSync(aside, { force: true });
}

function isGone(text: string): boolean {
	const holder = parseHolder(text);
	if (holder === undefined) return true;
	if (holder.host !== hostname()) return false;
	const started = startOf(holder.pid);
	return started === undefined || (holder.started !== "" && started !== "" && started !== holder.started);
}

function held(folder: string, path: string, text: string): UsageError {
	const { pid, host } = parseHolder(text)!;
	return new UsageError(
		`results folder ${folder} is in use by another sweep (process ${pid} on ${host}); wait for it, or remove ${path} if it is gone`,
	);
}

function parseHolder(text: string): Holder | undefined {
	try {
		return holderSchema.parse(JSON.parse(text));
	} catch {
		return undefined;
	}
}

function readOrNothing(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

/** Start of a running process: Linux's clock ticks since boot, "" where the system does not tell; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
	}
	const stat = readOrNothing(`/proc/${pid}/stat`);
	// After the name in brackets, which may hold anything, the 20th field is the start.
	const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
	return fields?.[0] === "Z" ? undefined : (fields?.[19] ?? "");
}
