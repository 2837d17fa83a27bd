export { type Cell, cellKey, describeCell } from "./cells/cell.ts";
export { columns, type Row, type Status, statuses } from "./cells/row.ts";
export { peers as programPeers } from "./command/peers.ts";
export { pythonWith } from "./command/python.ts";
export { findRun, saveBaseline } from "./compare/baselines.ts";
export { type ComparedPoint, type Comparison, compareRuns } from "./compare/compare-runs.ts";
export { type Circumstance, circumstances } from "./compare/match.ts";
export { parseAlgorithms, parseAxis, parseDuration, parseMemory } from "./experiment/axis-values.ts";
export {
	defineExperiment,
	type Effort,
	type Experiment,
	type GridBlock,
	type Preset,
	presets,
} from "./experiment/experiment.ts";
export { expandGrid, type GridOverrides } from "./experiment/grid.ts";
export type {
	Axis,
	ColourScale,
	DotFigure,
	Figure,
	FigureFacts,
	Guide,
	HeatCell,
	HeatMapFigure,
	LineFigure,
	Overlay,
	Panels,
	Quantity,
	Rule,
	Series,
} from "./figures/figure.ts";
export { figureSpec } from "./figures/model/figure-spec.ts";
export { describeRegime } from "./figures/model/regime.ts";
export { numberText } from "./figures/scales/number-text.ts";
export { type Crossover, findCrossover } from "./fits/crossover.ts";
export { chooseGrowth, type Growth, type GrowthCandidate, type GrowthForm, growthForms } from "./fits/growth.ts";
export { type LocalExponent, localExponents } from "./fits/local-exponent.ts";
export { countSizes, describeExponent, fitPowerLaw, type PowerLaw, type SizedValue } from "./fits/power-law.ts";
export { largestWithin, type Reach } from "./fits/reach.ts";
export { studentQuantile } from "./fits/student-t.ts";
export { gateSize, gradientError, passGate, referenceGradient } from "./measure/gate.ts";
export {
	type CellContext,
	cellProblem,
	describeError,
	describeResult,
	type Measurement,
	measureCell,
} from "./measure/measure-cell.ts";
export { type MeasuredGradient, measureGradient } from "./measure/measure-gradient.ts";
export { timeRuns } from "./measure/time-runs.ts";
export type { Timing, TimingDetail } from "./measure/timing.ts";
export { type AlgorithmChoice, algorithmSpellings, algorithms, findAlgorithm, knownAlgorithms } from "./registry.ts";
export { plotRun } from "./report/plot-run.ts";
export { reportIndex } from "./report/report-index.ts";
export { reportRun } from "./report/report-run.ts";
export { reproduceCommand, reproduceRun } from "./report/sections/reproduce.ts";
export { cellCost, cellMemory } from "./shards/cell-cost.ts";
export { type MergeOptions, type MergeSummary, mergeRuns } from "./shards/merge-runs.ts";
export { type CellPlan, type KeyedCell, planCells } from "./shards/plan-cells.ts";
export { parseShard, type Shard, shardFolder } from "./shards/shard.ts";
export { readRows } from "./store/rows-file.ts";
export { type Run, readRun } from "./store/run.ts";
export { isRun, removeRun, runsIn } from "./store/run-files.ts";
export { type RunInfo, readRunInfo } from "./store/run-info.ts";
export { type Rounds, readSamples } from "./store/samples-file.ts";
export { describeRun, textTable } from "./summary/describe-run.ts";
export { shown, shownSize, shownTime } from "./summary/shown.ts";
export { describeDuration } from "./sweep/estimate.ts";
export { createProgress, type Progress } from "./sweep/progress.ts";
export {
	planSweep,
	type Rerun,
	reruns,
	type SweepOptions,
	type SweepPlan,
	type SweepSummary,
	sweep,
} from "./sweep/sweep.ts";
export { machineWarnings } from "./system/machine-state.ts";
export { peakRssMb } from "./system/peak-memory.ts";
export { onStopSignals, type StopRequest } from "./system/stop-signals.ts";
