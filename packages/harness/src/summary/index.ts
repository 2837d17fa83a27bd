export { type Crossing, crossingsOf } from "./crossings.ts";
export { type CurveSummary, patience, summariseCurves } from "./curve-summary.ts";
export { describeRun, textTable } from "./describe-run.ts";
export { describeReach, shown, shownRange, shownSize, shownTime } from "./shown.ts";
