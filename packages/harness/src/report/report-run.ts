import { join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import type { Experiment } from "../experiment/index.ts";
import { figureModel, screenFigure } from "../figures/index.ts";
import { readRun, readSamples } from "../store/index.ts";
import { reportPage } from "./report-page.ts";

/** Name of the report in a results folder. */
export const reportFileName = "report.html";

/**
 * Writes the report of a results folder beside its rows: one file, which a browser opens from the disk.
 * @returns its path
 * @throws UsageError when the folder was not written by a sweep of one of these experiments, or its files are damaged
 */
export async function reportRun(folder: string, experiments: readonly Experiment[]): Promise<string> {
	const run = readRun(folder, experiments);
	const figures = run.experiment.figures.map(async (figure) => {
		const model = figureModel(figure, run.rows);
		return model && { name: figure.name, ...(await screenFigure(model)) };
	});
	const drawn = (await Promise.all(figures)).filter((figure) => figure !== undefined);
	const path = join(folder, reportFileName);
	writeAtomically(path, reportPage(run, drawn, readSamples(folder)));
	return path;
}
