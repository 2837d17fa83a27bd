// What single commands take of the harness, without what sweeps, figures and reports need: commands start the sooner.

export { type MeasuredGradient, measureGradient } from "./measure-gradient.ts";
export { peakRssMb } from "./peak-memory.ts";
export { type AlgorithmChoice, algorithmSpellings, algorithms, findAlgorithm, knownAlgorithms } from "./registry.ts";
export { onStopSignals } from "./stop-signals.ts";
