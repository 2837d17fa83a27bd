export { killGroup } from "./kill-group.ts";
export { startTimer } from "./long-timer.ts";
export { readOrEmpty } from "./read-or-empty.ts";
