export { readOrEmpty } from "./group-memory.ts";
export { startTimer } from "./long-timer.ts";
export { killGroup } from "./process-group.ts";
