export { parseAlgorithms, parseAxis, parseDuration, parseMemory } from "./axis-values.ts";
export { type Cell, cellKey, describeCell } from "./cell.ts";
export { peers as programPeers } from "./command/peers.ts";
export { pythonWith } from "./command/python.ts";
export { findRun, saveBaseline } from "./compare/baselines.ts";
export { type ComparedPoint, type Comparison, compareRuns } from "./compare/compare-runs.ts";
export { type Circumstance, circumstances } from "./compare/match.ts";
export { describeDuration } from "./estimate.ts";
export {
	defineExperiment,
	type Effort,
	type Experiment,
	type GridBlock,
	type Preset,
	presets,
} from "./experiment.ts";
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
export { figureSpec } from "./figures/figure-spec.ts";
export { numberText } from "./figures/number-text.ts";
export { plotRun } from "./figures/plot-run.ts";
export { describeRegime } from "./figures/regime.ts";
export { type Crossover, findCrossover } from "./fits/crossover.ts";
export { chooseGrowth, type Growth, type GrowthCandidate, type GrowthForm, growthForms } from "./fits/growth.ts";
export { type LocalExponent, localExponents } from "./fits/local-exponent.ts";
export { countSizes, describeExponent, fitPowerLaw, type PowerLaw, type SizedValue } from "./fits/power-law.ts";
export { largestWithin, type Reach } from "./fits/reach.ts";
export { studentQuantile } from "./fits/student-t.ts";
export { gateSize, gradientError, passGate, referenceGradient } from "./gate.ts";
export { expandGrid, type GridOverrides } from "./grid.ts";
export { machineWarnings } from "./machine-state.ts";
export {
	type CellContext,
	cellProblem,
	describeError,
	describeResult,
	type Measurement,
	measureCell,
} from "./measure-cell.ts";
export { type MeasuredGradient, measureGradient } from "./measure-gradient.ts";
export { peakRssMb } from "./peak-memory.ts";
export { createProgress, type Progress } from "./progress.ts";
export { type AlgorithmChoice, algorithmSpellings, algorithms, findAlgorithm, knownAlgorithms } from "./registry.ts";
export { reportIndex } from "./report/report-index.ts";
export { reportRun } from "./report/report-run.ts";
export { reproduceCommand, reproduceRun } from "./report/reproduce.ts";
export { columns, type Row, type Status, statuses } from "./row.ts";
export { readRows } from "./rows-file.ts";
export { type Run, readRun } from "./run.ts";
export { isRun, removeRun, runsIn } from "./run-files.ts";
export { type RunInfo, readRunInfo } from "./run-info.ts";
export { type Rounds, readSamples } from "./samples-file.ts";
export { cellCost, cellMemory } from "./shards/cell-cost.ts";
export { type MergeOptions, type MergeSummary, mergeRuns } from "./shards/merge-runs.ts";
export { type CellPlan, type KeyedCell, planCells } from "./shards/plan-cells.ts";
export { parseShard, type Shard, shardFolder } from "./shards/shard.ts";
export { onStopSignals, type StopRequest } from "./stop-signals.ts";
export { describeRun, textTable } from "./summary/describe-run.ts";
export { shown, shownSize, shownTime } from "./summary/shown.ts";
export { planSweep, type Rerun, reruns, type SweepOptions, type SweepPlan, type SweepSummary, sweep } from "./sweep.ts";
export { timeRuns } from "./time-runs.ts";
export type { Timing, TimingDetail } from "./timing.ts";
