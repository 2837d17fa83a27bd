import { shortDuration } from "@attgrad/matrix-core";
import { type Cell, curveOf, type Row } from "../cells/index.ts";
import { logLine, type SizedValue } from "../fits/index.ts";

/** Where a curve became too slow or too large. */
interface Stop {
	readonly n: number;
	readonly reason: string;
}

/** Sizes that a prediction rests on, the largest that were measured. */
const predictingSizes = 3;

/** A size is skipped untried where it is predicted to take this multiple of the limit: predictions are not that good. */
const margin = 1.5;

/**
 * The stop rule: once a point of a curve takes too long or fills the memory, larger n of that curve are not tried; nor is
 * an n that the three sizes before it predict to take too long.
 */
export class CurveLimits {
	/** Milliseconds. */
	private readonly timeLimit: number;
	private readonly stops = new Map<string, Stop>();
	private readonly times = new Map<string, SizedValue[]>();

	/** @param timeLimit median time of a point past which larger n are skipped, milliseconds */
	constructor(timeLimit: number) {
		this.timeLimit = timeLimit;
	}

	/** Takes in what became of a cell. */
	note(cell: Cell, row: Row): void {
		const curve = curveOf(cell);
		if (row.status === "done" && row.time_ms) {
			const times = this.times.get(curve) ?? [];
			times.push({ n: cell.n, value: row.time_ms });
			this.times.set(curve, times);
		}
		const reason = this.reasonToStop(row);
		const known = this.stops.get(curve);
		if (reason && !(known && known.n <= cell.n)) this.stops.set(curve, { n: cell.n, reason });
	}

	/** Why a cell is not tried, if so. */
	reasonToSkip(cell: Cell): string | undefined {
		const stop = this.stops.get(curveOf(cell));
		if (stop && cell.n > stop.n) return stop.reason;
		const predicted = this.predict(cell);
		if (predicted === undefined || predicted.time <= margin * this.timeLimit) return undefined;
		return `predicted to take ${shortDuration(predicted.time, 3)}, as n^${predicted.exponent.toFixed(2)} up to n = ${predicted.largest}, over the time limit of ${this.timeLimit / 1000} s; for more: --time-limit and --rerun skipped`;
	}

	/** The time of a cell from the power law through the largest sizes of its curve that were measured; milliseconds. */
	predict(cell: Cell): { time: number; exponent: number; largest: number } | undefined {
		const points = this.times.get(curveOf(cell)) ?? [];
		const sizes = [...new Set(points.map(({ n }) => n))].sort((a, b) => b - a).slice(0, predictingSizes);
		if (sizes.length < predictingSizes || cell.n <= sizes[0]) return undefined;
		const { slope, intercept } = logLine(points.filter(({ n }) => sizes.includes(n)));
		return { time: Math.exp(intercept + slope * Math.log(cell.n)), exponent: slope, largest: sizes[0] };
	}

	private reasonToStop({ n, status, reason, time_ms = 0 }: Row): string | undefined {
		if (status === "timeout" || status === "out-of-memory") return `n = ${n} ended as ${status}: ${reason}`;
		if (time_ms > this.timeLimit)
			return `n = ${n} took ${shortDuration(time_ms, 3)}, over the time limit of ${this.timeLimit / 1000} s; for more: --time-limit and --rerun skipped`;
		return undefined;
	}
}
