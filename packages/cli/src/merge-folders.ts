import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type MergeOptions, type MergeSummary, mergeRuns, readRunInfo, runFileName } from "@attgrad/harness";
import { drawRun } from "./draw-run.ts";

/** Joins the runs in folders, each experiment by itself, and draws the figures of what has come out. */
export async function mergeFolders(
	folders: readonly string[],
	{ out, ...options }: MergeOptions,
): Promise<(MergeSummary & { files: string[] })[]> {
	const byExperiment = Map.groupBy(folders.flatMap(runsIn), (folder) => readRunInfo(folder).experiment);
	const merged = [];
	for (const [experiment, runs] of byExperiment) {
		const summary = mergeRuns(runs, { ...options, out: join(out, experiment) });
		merged.push({ ...summary, files: await drawRun(summary.folder) });
	}
	return merged;
}

/** The folder itself where it holds a run, else those in it that do; itself where none does, to be refused by its name. */
function runsIn(folder: string): string[] {
	const isRun = (path: string) => existsSync(join(path, runFileName));
	if (isRun(folder) || !existsSync(folder)) return [folder];
	const inside = readdirSync(folder)
		.sort()
		.map((name) => join(folder, name))
		.filter(isRun);
	return inside.length > 0 ? inside : [folder];
}
