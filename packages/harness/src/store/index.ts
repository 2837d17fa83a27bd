export { writeAtomically } from "./atomic-write.ts";
export { lockFolder } from "./lock.ts";
export { headerLine, readRows, rowLine } from "./rows-file.ts";
export { type Run, readRun } from "./run.ts";
export { isRun, removeRun, runFiles, runsIn } from "./run-files.ts";
export { type RunInfo, readRunInfo, writeRunInfo } from "./run-info.ts";
export { type Rounds, readSamples, writeSamples } from "./samples-file.ts";
export { openStore, rowsFileName } from "./store.ts";
