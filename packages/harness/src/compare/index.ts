export { findRun, saveBaseline } from "./baselines.ts";
export { type ComparedPoint, type Comparison, compareRuns } from "./compare-runs.ts";
export { comparisonPage } from "./comparison-page.ts";
export { joinRounds } from "./join-rounds.ts";
export { describeChange } from "./judge.ts";
export { type Condition, conditions, type LonePoint } from "./match.ts";
