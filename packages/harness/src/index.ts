export { parseAxis, parseDuration } from "./axis-values.ts";
export { type Cell, cellKey, describeCell } from "./cell.ts";
export {
	defineExperiment,
	type Effort,
	type Experiment,
	type GridBlock,
	type Preset,
	presets,
} from "./experiment.ts";
export { gateSize, gradientError, referenceGradient } from "./gate.ts";
export type { GridOverrides } from "./grid.ts";
export {
	type CellContext,
	cellProblem,
	describeError,
	describeResult,
	type Measurement,
	measureCell,
} from "./measure-cell.ts";
export { type MeasuredGradient, measureGradient } from "./measure-gradient.ts";
export { createProgress, type Progress } from "./progress.ts";
export { type AlgorithmChoice, algorithmSpellings, algorithms, findAlgorithm } from "./registry.ts";
export { columns, type Row, type Status, statuses } from "./row.ts";
export { readRows } from "./rows-file.ts";
export { type RunInfo, readRunInfo } from "./run-info.ts";
export { type SweepOptions, type SweepSummary, sweep } from "./sweep.ts";
