export { killGroup } from "./kill-group.ts";
export { startTimer } from "./long-timer.ts";
export { readCommit, readMachine, readVersions } from "./machine.ts";
export { machineWarnings, throttleCount } from "./machine-state.ts";
export { peakRssMb, residentMb } from "./peak-memory.ts";
export { readOrEmpty } from "./read-or-empty.ts";
export { onStopSignals, type StopRequest } from "./stop-signals.ts";
