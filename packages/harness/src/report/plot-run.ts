import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import type { Experiment } from "../experiment/index.ts";
import { figureSpec, renderFigure } from "../figures/index.ts";
import { readRun } from "../store/index.ts";

/**
 * Draws the figures of a results folder from its rows, as SVG and PNG beside them. Rows that do not belong to the grid
 * of the last sweep (its `run.json`) are left out, and so are figures that those no longer make: their files go.
 * @returns the files written; none for a figure whose rows hold nothing to draw
 * @throws UsageError when the folder was not written by a sweep of one of these experiments, or its files are damaged
 */
export async function plotRun(folder: string, experiments: readonly Experiment[]): Promise<string[]> {
	const { experiment, rows } = readRun(folder, experiments);
	const written: string[] = [];
	for (const figure of experiment.figures) {
		const spec = figureSpec(figure, rows);
		if (!spec) {
			for (const ending of ["svg", "png"]) rmSync(join(folder, `${figure.name}.${ending}`), { force: true });
			continue;
		}
		const { svg, png } = await renderFigure(spec);
		for (const [ending, content] of [
			["svg", svg],
			["png", png],
		] as const) {
			const path = join(folder, `${figure.name}.${ending}`);
			writeAtomically(path, content);
			written.push(path);
		}
	}
	return written;
}
