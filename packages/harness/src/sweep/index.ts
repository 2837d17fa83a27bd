export { createProgress, type Progress } from "./progress.ts";
export { planSweep, type Rerun, reruns, type SweepOptions, type SweepPlan, type SweepSummary, sweep } from "./sweep.ts";
