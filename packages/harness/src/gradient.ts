// The part of the harness that single commands use. Without sweeps, figures and reports, commands start faster.

export { type MeasuredGradient, measureGradient } from "./measure/measure-gradient.ts";
export { peakRssMb } from "./system/peak-memory.ts";
export { onStopSignals } from "./system/stop-signals.ts";
