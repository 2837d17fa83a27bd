import { type CellPlan, cellCost, cellMemory, type KeyedCell } from "@attgrad/harness";

/** Resources that each task of a job array asks SLURM for. */
export interface Resources {
	readonly minutes: number;
	readonly memoryMb: number;
	readonly threads: number;
}

/** A node may be this much slower than the machine of the cost model. */
const slowness = 3;

/** Minutes for starting up, from file systems that are far away. */
const startUp = 5;

/**
 * Time for the most expensive shard and memory for the largest cell, each doubled every time that it was not enough.
 */
export function resourcesOf(
	shares: readonly (readonly KeyedCell[])[],
	effort: CellPlan["effort"],
	short: { readonly time: number; readonly memory: number },
): Resources {
	const costs = shares.map((share) => share.reduce((sum, { cell }) => sum + cellCost(cell, effort), 0));
	const cells = shares.flat().map(({ cell }) => cell);
	return {
		minutes: 2 ** short.time * (startUp + Math.ceil((slowness * Math.max(...costs)) / 60_000)),
		memoryMb: 2 ** short.memory * Math.max(...cells.map(cellMemory)),
		threads: Math.max(...cells.map(({ threads }) => threads)),
	};
}
