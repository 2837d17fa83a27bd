export { type Machine, readCommit, readMachine, readVersions } from "./machine.ts";
export { machineWarnings, throttleCount } from "./machine-state.ts";
export { peakRssMb, residentMb } from "./peak-memory.ts";
export { type ProcessTable, processTable, startOf } from "./processes.ts";
export { onStopSignals, type StopRequest } from "./stop-signals.ts";
