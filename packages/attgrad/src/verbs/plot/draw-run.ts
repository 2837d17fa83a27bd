import { experiments } from "@attgrad/experiments";
import { type Experiment, plotRun, reportRun } from "@attgrad/harness";

/**
 * Draws the figures of a run and writes its report.
 * @param known the experiments that the run may be of
 * @returns the files written
 */
export async function drawRun(folder: string, known: readonly Experiment[] = experiments): Promise<string[]> {
	return [...(await plotRun(folder, known)), await reportRun(folder, known)];
}
