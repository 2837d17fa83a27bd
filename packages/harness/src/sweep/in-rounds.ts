import type { CellOutcome, waiting } from "./process/cell-message.ts";

/** Something that works in turns: the process of a cell. */
export interface TakesTurns {
	proceed(): Promise<typeof waiting | CellOutcome | undefined>;
	memory(): number;
	kill(): void;
}

/** How cells of one point are measured. */
export interface RoundsOptions<Cell> {
	/** Starts the process of a cell; an outcome where it is not to be tried. */
	start(cell: Cell): TakesTurns | CellOutcome;
	/** Told before a cell's turn. */
	onTurn(cell: Cell): void;
	/** Told what became of a cell; undefined where it was aborted. */
	onEnd(cell: Cell, outcome: CellOutcome | undefined): void;
	/** Most processes that wait between their turns at once. */
	readonly width: number;
	/** Once the processes take so much memory together no further one is started before some have ended; MiB. */
	readonly memory: number;
	/** Once it is aborted none has a further turn. */
	readonly signal?: AbortSignal;
}

/**
 * Measures the cells of one point in rounds: each has a turn, then each the next, so that a machine that grows slower or
 * faster does so for all alike. One works at a time; the others wait.
 */
export async function inRounds<Cell>(cells: readonly Cell[], options: RoundsOptions<Cell>): Promise<void> {
	const { start, onTurn, onEnd, width, memory, signal } = options;
	const queue = [...cells];
	const running = new Map<Cell, TakesTurns>();
	/** @returns whether the cell waits for another turn */
	const turn = async (cell: Cell, process: TakesTurns): Promise<boolean> => {
		onTurn(cell);
		const answer = await process.proceed();
		if (answer?.status === "waiting") return true;
		running.delete(cell);
		onEnd(cell, answer);
		return false;
	};
	const used = () => [...running.values()].reduce((sum, process) => sum + process.memory(), 0);
	try {
		while (!signal?.aborted && (queue.length > 0 || running.size > 0)) {
			while (!signal?.aborted && (running.size === 0 || (running.size < width && used() < memory))) {
				const cell = queue.shift();
				if (cell === undefined) break;
				const started = start(cell);
				if ("status" in started) {
					onEnd(cell, started);
					continue;
				}
				running.set(cell, started);
				await turn(cell, started);
			}
			for (const [cell, process] of [...running]) await turn(cell, process);
		}
	} finally {
		for (const process of running.values()) process.kill();
	}
}
