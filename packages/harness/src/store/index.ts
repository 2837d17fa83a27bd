export { type CellOfRow, rowsOfCells } from "./check-rows.ts";
export { type FolderLock, lockFolder } from "./lock.ts";
export { type Measurements, readMeasurements, writeMeasurements } from "./measurements.ts";
export { headerLine, readRows, rowLine } from "./rows-file.ts";
export { type Run, readRowsOf, readRun } from "./run.ts";
export { distinctFolders, isRun, isSameFolder, removeRun, runFiles, runsIn } from "./run-files.ts";
export { type RunInfo, readRunInfo, writeRunInfo } from "./run-info.ts";
export { type Rounds, readSamples, writeSamples } from "./samples-file.ts";
export { openStore, rowsFileName, type Store } from "./store.ts";
