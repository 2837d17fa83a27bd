import { basename, join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import type { Experiment } from "../experiment/index.ts";
import { isRun, type Run, readRun, runsIn } from "../store/index.ts";
import { html } from "./html/html.ts";
import { pageFrame } from "./html/page-frame.ts";
import { table } from "./html/report-tables.ts";
import { reportFileName, reportRun } from "./report-run.ts";

/**
 * Writes the reports of a folder: of a results folder its own; of a folder that holds results folders that of each of
 * them, and one beside them that leads to all.
 * @returns the files written
 * @throws UsageError when the folder is neither
 */
export async function reportIndex(folder: string, experiments: readonly Experiment[]): Promise<string[]> {
	if (isRun(folder)) return [await reportRun(folder, experiments)];
	const folders = runsIn(folder);
	if (folders.length === 0)
		throw new UsageError(
			`${folder}: no results; give a folder that a sweep has written, or one that holds such folders`,
		);
	const files: string[] = [];
	for (const one of folders) files.push(await reportRun(one, experiments));
	const path = join(folder, reportFileName);
	writeAtomically(path, indexPage(folders.map((one) => readRun(one, experiments))));
	return [...files, path];
}

/** A page that names experiments, their questions and outcomes, and leads to their reports. */
function indexPage(runs: readonly Run[]): string {
	const rows = runs.map(({ folder, info, rows }) => {
		const statuses = [...Map.groupBy(rows, ({ status }) => status)].map(
			([status, group]) => `${group.length} ${status}`,
		);
		return [
			html`<a href="${encodeURIComponent(basename(folder))}/${reportFileName}">${info.experiment}</a>`,
			info.question,
			statuses.join(", "),
			info.preset,
			info.startedAt.slice(0, 10),
			info.machine.name,
		];
	});
	const heads = ["experiment", "question", "cells", "preset", "measured", "machine"];
	return pageFrame({
		title: "attgrad: results",
		header: html`<h1>Results</h1><p>${runs.length} experiments; each has a report of its own.</p>`,
		main: table(
			"Experiments",
			heads.map((head) => ({ head, isWide: head === "question" })),
			rows,
		),
	});
}
