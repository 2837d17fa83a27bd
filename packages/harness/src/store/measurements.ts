import { join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import type { Row } from "../cells/index.ts";
import { headerLine, rowLine } from "./rows-file.ts";
import { readRowsOf } from "./run.ts";
import { type RunInfo, readRunInfo, writeRunInfo } from "./run-info.ts";
import { type Rounds, readSamples, writeSamples } from "./samples-file.ts";
import { rowsFileName } from "./store.ts";

/** The measurements in a results folder: its conditions, its rows, and the single times that these rest on. */
export interface Measurements {
	readonly info: RunInfo;
	readonly rows: readonly Row[];
	/** By the keys of rows. */
	readonly samples: ReadonlyMap<string, Rounds>;
}

/** @throws UsageError where the folder holds no run, or its files are damaged */
export function readMeasurements(folder: string): Measurements {
	const info = readRunInfo(folder);
	return { info, rows: readRowsOf(folder, info), samples: readSamples(folder) };
}

/** Writes the files of measurements into a folder that is there, in place of the old ones. */
export function writeMeasurements(folder: string, { info, rows, samples }: Measurements): void {
	writeSamples(folder, samples);
	writeAtomically(join(folder, rowsFileName), headerLine + rows.map(rowLine).join(""));
	writeRunInfo(folder, info);
}
