import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import type { Row } from "../cells/index.ts";
import type { Experiment } from "../experiment/index.ts";
import { readRows } from "./rows-file.ts";
import { type RunInfo, readRunInfo } from "./run-info.ts";
import { rowsFileName } from "./store.ts";

/** What a sweep left in a folder. */
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
	const places = new Map(info.cells.map(({ key }, i) => [key, i]));
	const rows = readRows(join(folder, rowsFileName))
		.rows.filter(({ key }) => places.has(key))
		.sort((a, b) => places.get(a.key)! - places.get(b.key)!);
	return { folder, info, experiment, rows };
}
