import type { Cell } from "../cells/index.ts";
import type { KeyedCell } from "../shards/index.ts";
import { inRounds } from "./in-rounds.ts";
import type { CellOutcome } from "./process/cell-message.ts";
import { type CellLimits, startCell } from "./process/run-cell.ts";

/** Most cells of a point whose processes wait for each other. */
const width = 8;

/** Cells of one point, in the order of the first of each: what is compared with each other, measured together. */
export function byPoint(cells: readonly KeyedCell[]): KeyedCell[][] {
	const points = Map.groupBy(cells, ({ cell: { n, d, B, distribution, seed, dtype } }) =>
		JSON.stringify([n, d, B, distribution, seed, dtype]),
	);
	return [...points.values()];
}

/** How the cells of a point are measured. */
export interface PointOptions {
	/** Address of the module whose default export is the experiment. */
	readonly module: string;
	/** Time that the timed runs of a cell take together, milliseconds. */
	readonly budget: number;
	readonly limits: CellLimits;
	/** Ends the measurement; cells in hand have no outcome then. */
	readonly signal: AbortSignal;
	/** Why a cell is not tried, if so; asked when it would start. */
	reasonToSkip(cell: Cell): string | undefined;
	/** Told before each turn of a cell. */
	onTurn(cell: KeyedCell): void;
	/** Told what became of a cell. */
	onEnd(cell: KeyedCell, outcome: CellOutcome): void;
}

/** Measures the cells of one point in rounds, each in a process of its own. */
export async function measurePoint(cells: readonly KeyedCell[], options: PointOptions): Promise<void> {
	const { module, budget, limits, signal, reasonToSkip, onTurn, onEnd } = options;
	await inRounds(cells, {
		start({ cell }) {
			const reason = reasonToSkip(cell);
			return reason ? { status: "skipped", reason } : startCell({ cell, module, budget }, limits, signal);
		},
		onTurn,
		onEnd: (cell, outcome) => outcome && onEnd(cell, outcome),
		width,
		memory: (limits.memory ?? Number.POSITIVE_INFINITY) / 2,
		signal,
	});
}
