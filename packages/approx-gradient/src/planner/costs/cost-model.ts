import { type CostName, costs } from "./costs.ts";
import type { Work } from "./work.ts";

/** Milliseconds of a unit of each term of an algorithm's cost. */
export type UnitTimes = Partial<Record<CostName, readonly number[]>>;

/** Says how long runs take on one machine. */
export interface CostModel {
	/** Milliseconds of one run of an algorithm or route, at least a microsecond. */
	timeOf(name: CostName, work: Work): number;
}

/** The model of given unit times; what they do not have is nominal. */
export function costModel(times: UnitTimes): CostModel {
	return {
		timeOf(name, work) {
			const units = times[name] ?? costs[name].nominal;
			return costs[name].terms(work).reduce((sum, term, at) => sum + term * units[at], 1e-3);
		},
	};
}

/**
 * The same numbers on every machine: for ratios, as in the sharing out of a sweep's cells, where every shard must come to
 * the same partition. For times on this machine: `calibratedModel`.
 */
export const nominalModel: CostModel = costModel({});
