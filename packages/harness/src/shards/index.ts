export { cellCost, cellMemory } from "./cell-cost.ts";
export { type MergeOptions, type MergeSummary, mergeRuns } from "./merge-runs.ts";
export { type CellPlan, type KeyedCell, planCells } from "./plan-cells.ts";
export { parseShard, type Shard, shardFolder } from "./shard.ts";
