// What single commands take of the harness, without what sweeps, figures and reports need: commands start the sooner.

export { type MeasuredGradient, measureGradient } from "./measure/measure-gradient.ts";
export { peakRssMb } from "./system/peak-memory.ts";
export { onStopSignals } from "./system/stop-signals.ts";
