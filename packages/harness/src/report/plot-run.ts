import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import type { Experiment } from "../experiment/index.ts";
import {
	type FigureFormat,
	figureSpec,
	layoutWidth,
	type PaperOptions,
	renderFigure,
	renderForPaper,
} from "../figures/index.ts";
import { readRun } from "../store/index.ts";

/** How figures are drawn. */
export interface PlotOptions extends PaperOptions {
	/** Formats to draw, for a paper. @default SVG and PNG, as reports show them */
	readonly formats?: readonly FigureFormat[] | undefined;
}

/**
 * Draws the figures of a results folder from its rows, as SVG and PNG beside them, or in formats for a paper. Rows that do not belong to the grid
 * of the last sweep (its `run.json`) are left out, and so are figures that those no longer make: their files go.
 * @returns the files written; none for a figure whose rows hold nothing to draw
 * @throws UsageError when the folder was not written by a sweep of one of these experiments, or its files are damaged
 */
export async function plotRun(
	folder: string,
	experiments: readonly Experiment[],
	{ formats, ...paper }: PlotOptions = {},
): Promise<string[]> {
	const { experiment, rows } = readRun(folder, experiments);
	const written: string[] = [];
	const width = paper.width === undefined ? undefined : layoutWidth(paper.width);
	for (const figure of experiment.figures) {
		const fileOf = (ending: string): string => join(folder, `${figure.name}.${ending}`);
		const spec = figureSpec(figure, rows, width);
		if (!spec) {
			for (const ending of formats ?? ["svg", "png"]) rmSync(fileOf(ending), { force: true });
			continue;
		}
		const contents = formats
			? await Promise.all(formats.map(async (format) => [format, await renderForPaper(spec, format, paper)] as const))
			: Object.entries(await renderFigure(spec));
		for (const [ending, content] of contents) {
			writeAtomically(fileOf(ending), content);
			written.push(fileOf(ending));
		}
	}
	return written;
}
