import { nextTurn, type ProgressReport } from "@attgrad/matrix-core";

/** Multiplications between two turns of the event loop, about 50 ms: signals and progress reports wait no longer. */
const TURN = 5e7;

/** Counts the work of both passes, reports it, and lets the event loop turn about every 50 ms. */
export class ProgressMeter {
	readonly #rows: number;
	readonly #work: Readonly<Record<"keys" | "queries", number>>;
	readonly #onProgress: ProgressReport | undefined;
	#done = 0;
	#sinceTurn = 0;

	/** @param work multiplications that a row takes in each of the passes */
	constructor(
		rows: number,
		work: Readonly<Record<"keys" | "queries", number>>,
		onProgress: ProgressReport | undefined,
	) {
		this.#rows = rows;
		this.#work = work;
		this.#onProgress = onProgress;
	}

	/**
	 * Counts a block of rows of a pass as done.
	 * @param work multiplications that the block took; default: the pass's work a row
	 */
	async advance(pass: "keys" | "queries", rows: number, work = rows * this.#work[pass]): Promise<void> {
		const { keys, queries } = this.#work;
		this.#done += (rows * this.#work[pass]) / (keys + queries);
		this.#sinceTurn += work;
		if (this.#sinceTurn < TURN) return;
		this.#sinceTurn = 0;
		this.#onProgress?.(Math.min(this.#done, this.#rows), this.#rows);
		await nextTurn();
	}
}
