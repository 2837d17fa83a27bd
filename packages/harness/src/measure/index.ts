export { gateSize, gradientError, passGate, referenceGradient } from "./gate.ts";
export { type BackwardContext, measureBackward, passBackwardGate } from "./measure-backward.ts";
export {
	type CellContext,
	cellProblem,
	describeError,
	describeResult,
	type Measurement,
	measureCell,
} from "./measure-cell.ts";
export { type MeasuredGradient, measureGradient } from "./measure-gradient.ts";
export { timeRuns } from "./time-runs.ts";
export type { Timing, TimingDetail } from "./timing.ts";
