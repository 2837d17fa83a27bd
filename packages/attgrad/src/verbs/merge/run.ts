import { join } from "node:path";
import { type MergeOptions, type MergeSummary, mergeRuns, readRunInfo, runsIn } from "@attgrad/harness";
import { drawRun } from "../plot/draw-run.ts";

/** Joins the runs in folders, each experiment by itself, and draws the figures of what has come out. */
export async function mergeFolders(
	folders: readonly string[],
	{ out, ...options }: MergeOptions,
): Promise<(MergeSummary & { files: string[] })[]> {
	// A folder without a run is refused by its name.
	const runs = folders.flatMap((folder) => {
		const inside = runsIn(folder);
		return inside.length > 0 ? inside : [folder];
	});
	const byExperiment = Map.groupBy(runs, (folder) => readRunInfo(folder).experiment);
	const merged = [];
	for (const [experiment, runs] of byExperiment) {
		const summary = mergeRuns(runs, { ...options, out: join(out, experiment) });
		merged.push({ ...summary, files: await drawRun(summary.folder) });
	}
	return merged;
}
