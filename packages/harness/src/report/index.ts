export { html } from "./html/html.ts";
export { pageFrame } from "./html/page-frame.ts";
export { table } from "./html/report-tables.ts";
export { type PlotOptions, plotRun } from "./plot-run.ts";
export { reportClaims, reportIndex } from "./report-index.ts";
export { reportRun } from "./report-run.ts";
export { reproduceCommand, reproduceRun } from "./sections/reproduce.ts";
