import { type Cell, curveOf } from "./cell.ts";
import type { Row } from "./row.ts";

/** Where a curve became too slow or too large. */
interface Stop {
	readonly n: number;
	readonly reason: string;
}

/** The stop rule: once a point of a curve takes too long or fills the memory, larger n of that curve are not tried. */
export class CurveLimits {
	/** Milliseconds. */
	private readonly timeLimit: number;
	private readonly stops = new Map<string, Stop>();

	/** @param timeLimit median time of a point past which larger n are skipped, milliseconds */
	constructor(timeLimit: number) {
		this.timeLimit = timeLimit;
	}

	/** Takes in what became of a cell. */
	note(cell: Cell, row: Row): void {
		const reason = this.reasonToStop(row);
		const known = this.stops.get(curveOf(cell));
		if (reason && !(known && known.n <= cell.n)) this.stops.set(curveOf(cell), { n: cell.n, reason });
	}

	/** Why a cell is not tried, if so. */
	reasonToSkip(cell: Cell): string | undefined {
		const stop = this.stops.get(curveOf(cell));
		return stop && cell.n > stop.n ? stop.reason : undefined;
	}

	private reasonToStop({ n, status, reason, time_ms = 0 }: Row): string | undefined {
		if (status === "timeout" || status === "out-of-memory") return `n = ${n} ended as ${status}: ${reason}`;
		if (time_ms > this.timeLimit)
			return `n = ${n} took ${(time_ms / 1000).toPrecision(3)} s, over the time limit of ${this.timeLimit / 1000} s; for more: --time-limit and --fresh`;
		return undefined;
	}
}
