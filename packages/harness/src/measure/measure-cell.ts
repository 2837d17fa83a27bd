import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	type GradientResult,
	generateProblem,
	provedRelative,
	skipUnless,
} from "@attgrad/attention-problem";
import { maxAbs, type Runtime } from "@attgrad/matrix-core";
import type { Cell, Row } from "../cells/index.ts";
import { peakRssMb } from "../system/index.ts";
import { type GradientError, gateSize, passGate, requireFinite } from "./gate.ts";
import { timeRuns } from "./time-runs.ts";
import { describeTiming, type Timing, type TimingDetail, timingOf } from "./timing.ts";

/** The columns of a row that measuring fills; the rest is the cell's. */
export type Measurement = Pick<
	Row,
	| "degree"
	| "rank"
	| "radius"
	| "time_ms"
	| "time_mad_ms"
	| "time_min_ms"
	| "samples"
	| "peak_rss_mb"
	| "loss"
	| "error_max"
	| "error_rel"
	| "error_bound"
	| "bound_rel"
	| "bound_kind"
	| "confidence"
	| "extra"
> & {
	/** Goes into `extra.timing` of the row. */
	readonly timing?: TimingDetail;
	/** The times themselves by round, milliseconds: a line of samples.jsonl. */
	readonly rounds?: Timing["rounds"];
};

/** The inputs of the measurement of a cell. */
export interface CellContext {
	readonly cell: Cell;
	readonly algorithm: AnyGradientAlgorithm;
	readonly runtime: Runtime;
	/** Time that the timed runs take together, milliseconds. */
	readonly budget: number;
	/** Lets the other cells of this point be measured, and waits until it is this one's turn again. @default no others */
	readonly turn?: () => Promise<void>;
}

/** The instance that a cell is about, or its like with another number of rows. */
export function cellProblem({ n, d, B, seed, distribution, dtype }: Cell, rows = n): AttentionProblem {
	return generateProblem({ distribution, n: rows, d, B, seed, dtype });
}

/**
 * Measures a cell: the correctness gate first, then the time and memory of the gradient. The error is told where the
 * gate ran on the cell's own problem (n ≤ `gateSize`).
 * @throws ComputationError whose status and reason go into the row
 */
export async function measureCell({ cell, algorithm, runtime, budget, turn }: CellContext): Promise<Measurement> {
	const problem = cellProblem(cell);
	skipUnless(algorithm.supports(problem, cell.options));
	const isOwn = cell.n <= gateSize;
	const error = await passGate(algorithm, isOwn ? problem : cellProblem(cell, gateSize), cell.options, runtime);
	const { timing, result, memory } = await timeAlgorithm(algorithm, problem, cell.options, runtime, {
		budget,
		turn,
	});
	requireFinite(result);
	return {
		...describeResult(result),
		...(isOwn && describeError(error)),
		...describeTiming(timing, memory),
	};
}

/** By our clock, or by that of the program that computes. */
async function timeAlgorithm(
	algorithm: AnyGradientAlgorithm,
	problem: AttentionProblem,
	options: Cell["options"],
	runtime: Runtime,
	{ budget, turn }: { readonly budget: number; readonly turn: CellContext["turn"] },
): Promise<{ timing: Timing; result: GradientResult; memory: number }> {
	if (!algorithm.timeRuns) {
		const timed = await timeRuns(() => algorithm.run(problem, options, runtime), budget, { turn });
		return { ...timed, memory: peakRssMb() };
	}
	const { result, milliseconds, peakRssMb: memory } = await algorithm.timeRuns(problem, options, runtime, budget);
	return { timing: timingOf([milliseconds]), result, memory };
}

/** The columns that tell how far a gradient is from the exact one. */
export function describeError({ max, relative }: GradientError): Measurement {
	return { error_max: max, ...(relative !== undefined && { error_rel: relative }) };
}

/** The columns that a result fills. A bound that is infinite is none. */
export function describeResult({ gradient, loss, degree, rank, certificate }: GradientResult): Measurement {
	const bound = certificate?.bound ?? Number.POSITIVE_INFINITY;
	const share = provedRelative(bound, maxAbs(gradient));
	return {
		loss,
		...(degree !== undefined && { degree }),
		...(rank !== undefined && { rank }),
		...(certificate && { radius: certificate.radius }),
		...(certificate && Number.isFinite(bound) && { error_bound: bound }),
		...(certificate && Number.isFinite(share) && { bound_rel: share }),
		...(certificate && { bound_kind: Number.isFinite(bound) ? certificate.kind : "none" }),
		...(certificate?.confidence !== undefined && { confidence: certificate.confidence }),
	};
}
