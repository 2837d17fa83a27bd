import { createRuntime } from "@attgrad/matrix-core";
import { type Cell, cellKey } from "../cells/index.ts";
import {
	defaultEffort,
	type Effort,
	type Experiment,
	expandGrid,
	type GridOverrides,
	type Preset,
} from "../experiment/index.ts";
import { cellCost } from "./cell-cost.ts";
import { assignToShards } from "./shard.ts";

/** A cell with the key of its row. */
export interface KeyedCell {
	readonly key: string;
	readonly cell: Cell;
}

/** The cells of a sweep, by shard. */
export interface CellPlan {
	readonly kernel: string;
	readonly effort: Effort;
	/** Keys of all cells, in the order of the grid. */
	readonly grid: readonly string[];
	/** The cells of each shard, in the order of the grid. */
	readonly shards: readonly (readonly KeyedCell[])[];
}

/** The choices that determine the cells of a sweep and their shards. */
export interface PlanOptions {
	readonly preset: Preset;
	readonly overrides: GridOverrides;
	/** Milliseconds. @default the experiment's */
	readonly timeLimit?: number | undefined;
	readonly shards: number;
}

/** Expands a grid for the default kernel of this machine, and assigns the cells to shards by their expected cost. */
export async function planCells(experiment: Experiment, options: PlanOptions): Promise<CellPlan> {
	const { preset, overrides, timeLimit, shards } = options;
	const own = experiment.effort?.[preset] ?? defaultEffort[preset];
	const effort = { ...own, ...(timeLimit !== undefined && { timeLimit }) };
	const kernel = await defaultKernel();
	const cells = expandGrid(experiment, preset, kernel, overrides).map((cell) => ({ key: cellKey(cell), cell }));
	return {
		kernel,
		effort,
		grid: cells.map(({ key }) => key),
		shards: assignToShards(cells, shards, ({ cell }) => cellCost(cell, effort)),
	};
}

/** Name of the kernel that a runtime takes unless told otherwise. */
async function defaultKernel(): Promise<string> {
	const runtime = await createRuntime();
	await runtime.close();
	return runtime.kernel;
}
