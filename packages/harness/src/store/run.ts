import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import type { Row } from "../cells/index.ts";
import type { Experiment } from "../experiment/index.ts";
import { rowsOfCells } from "./check-rows.ts";
import { readRows } from "./rows-file.ts";
import { type RunInfo, readRunInfo } from "./run-info.ts";
import { rowsFileName } from "./store.ts";

/** The results of a sweep in a folder. */
export interface Run {
	readonly folder: string;
	readonly info: RunInfo;
	readonly experiment: Experiment;
	/** Rows that belong to the grid of the last sweep into the folder, in the grid's order, whenever each was measured. */
	readonly rows: readonly Row[];
}

/**
 * Reads a results folder.
 * @throws UsageError when it was not written by a sweep of one of these experiments, or its files are damaged
 */
export function readRun(folder: string, experiments: readonly Experiment[]): Run {
	const info = readRunInfo(folder);
	const experiment = experiments.find(({ name }) => name === info.experiment);
	if (!experiment)
		throw new UsageError(
			`${folder}: unknown experiment: ${info.experiment} (known: ${experiments.map(({ name }) => name).join(", ")})`,
		);
	const found = Map.groupBy(readRowsOf(folder, info), ({ key }) => key);
	const rows = info.cells.flatMap(({ key }) => found.get(key) ?? []);
	return { folder, info, experiment, rows };
}

/**
 * The rows in a results folder, whichever sweep measured them, each checked against its cell in run.json.
 * @throws UsageError where rows.csv is damaged
 */
export function readRowsOf(folder: string, info: RunInfo): Row[] {
	const path = join(folder, rowsFileName);
	return rowsOfCells(path, readRows(path), new Map(info.cells.map((cell) => [cell.key, cell])));
}
