import { experiments } from "@attgrad/experiments";
import { plotRun, reportRun } from "@attgrad/harness";

/** Draws the figures of a run and writes its report. @returns the files written */
export async function drawRun(folder: string): Promise<string[]> {
	return [...(await plotRun(folder, experiments)), await reportRun(folder, experiments)];
}
