import { readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileError, isAbsence } from "@attgrad/attention-problem";
import { runFileName } from "./rounded-keys.ts";
import { samplesFileName } from "./samples-file.ts";
import { rowsFileName } from "./store.ts";

/** The files of what was measured in a results folder; all else there is drawn from them. */
export const runFiles = [rowsFileName, runFileName, samplesFileName];

/** Whether a folder holds a run. */
export function isRun(folder: string): boolean {
	try {
		return statSync(join(folder, runFileName)).isFile();
	} catch (error) {
		if (isAbsence(error)) return false;
		throw fileError("read", join(folder, runFileName), error);
	}
}

/**
 * The folder itself where it holds a run, else the folders in it that do, by name; one that is there twice, through a
 * link, counts once. None where there are none, or no folder.
 * @throws UsageError where a folder cannot be read
 */
export function runsIn(folder: string): string[] {
	if (isRun(folder)) return [folder];
	return distinctFolders(
		namesIn(folder)
			.map((name) => join(folder, name))
			.filter(isRun),
	);
}

/** The folders without those that are another one under a second name. One that is not there stays. */
export function distinctFolders(folders: readonly string[]): string[] {
	const known = new Set<string>();
	return folders.filter((folder) => {
		const path = realPath(folder);
		return !known.has(path) && known.add(path);
	});
}

/** Whether two names lead to the same folder. */
export const isSameFolder = (one: string, other: string): boolean => realPath(one) === realPath(other);

function realPath(folder: string): string {
	try {
		return realpathSync(folder);
	} catch {
		// A folder that is missing or unreadable is refused by its reader.
		return resolve(folder);
	}
}

/** Names in a folder, sorted; none where there is no such folder. */
function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		if (isAbsence(error)) return [];
		throw fileError("read", folder, error);
	}
}

/** Removes what was measured in a folder, if anything. */
export function removeRun(folder: string): void {
	for (const name of runFiles) rmSync(join(folder, name), { force: true });
}
