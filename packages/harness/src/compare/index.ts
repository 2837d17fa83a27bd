export { findRun, saveBaseline } from "./baselines.ts";
export { type ComparedPoint, type Comparison, compareRuns } from "./compare-runs.ts";
export { type Condition, conditions } from "./match.ts";
