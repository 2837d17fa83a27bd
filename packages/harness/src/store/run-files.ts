import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runFileName } from "./run-info.ts";
import { samplesFileName } from "./samples-file.ts";
import { rowsFileName } from "./store.ts";

/** The files of what was measured in a results folder; all else there is drawn from them. */
export const runFiles = [rowsFileName, runFileName, samplesFileName];

/** Whether a folder holds a run. */
export const isRun = (folder: string): boolean => existsSync(join(folder, runFileName));

/** The folder itself where it holds a run, else the folders in it that do, by name. None where there are none, or no folder. */
export function runsIn(folder: string): string[] {
	if (isRun(folder)) return [folder];
	const inside = existsSync(folder) ? readdirSync(folder).sort() : [];
	return inside.map((name) => join(folder, name)).filter(isRun);
}

/** Removes what was measured in a folder, if anything. */
export function removeRun(folder: string): void {
	for (const name of runFiles) rmSync(join(folder, name), { force: true });
}
