import { countMonomials, predictTime } from "@attgrad/approx-gradient";
import { bytesPerNumber, present } from "@attgrad/matrix-core";
import type { Cell } from "../cells/index.ts";
import { type Effort, wallLimit } from "../experiment/index.ts";

/** Time of a cell beside its runs: a process, the problem, the gate. Milliseconds. */
const overhead = 2_500;

/** Timed runs take the budget, and where three of them are longer, those. */
const leastRuns = 3;

/** Algorithms without a model are assumed to be exact, and this many times slower than `streaming` (NumPy on one thread). */
const unknownFactor = 8;

/**
 * Milliseconds that a cell is expected to take in all, the same number on every machine: from its point alone, so that all
 * shards of a sweep compute the same partition. Never more than the time after which a cell is stopped.
 */
export function cellCost(cell: Cell, { budget, timeLimit }: Effort): number {
	const exact = () =>
		present(predictTime({ ...cell, algorithm: "streaming", options: {} }), "the predicted time of streaming");
	const run = predictTime(cell) ?? unknownFactor * exact();
	const perRun = run / Math.max(1, 0.8 * cell.threads);
	const runs = perRun > budget ? perRun : Math.max(1.2 * budget, (leastRuns + 2) * perRun);
	// An experiment that measures something else may have points at which no gradient could be computed: NaN, Infinity.
	return runs < wallLimit(timeLimit) ? overhead + runs : wallLimit(timeLimit);
}

/** The process without a problem, MiB. */
const baseMemory = 256;

/** Algorithms that keep matrices of n x n numbers, and how many. */
const squareMatrices: Readonly<Record<string, number>> = { dense: 6, torch: 8, onnxruntime: 6 };

/** Algorithms that keep n x K numbers: features are not known from the name alone, so many are assumed. */
const featureRows: Readonly<Record<string, number>> = {
	nystrom: 1024,
	hybrid: 1024,
	"random-features": 1024,
	"support-basis": 1024,
	clusters: 256,
};

/** MiB that a cell may need, generously: what a batch system is asked for. */
export function cellMemory({ algorithm, options, n, d, dtype }: Cell): number {
	const name = algorithm.split(/[/:]/)[0];
	const number = bytesPerNumber(dtype);
	const matrices = 6 * n * d * 8 + (name === "definition" ? 2 * n * n * d * d * 8 : 0);
	const squares = (squareMatrices[name] ?? 0) * n * n * number;
	const features = n * (featureRows[name] ?? 0) * number;
	const degree = typeof options["degree"] === "number" ? options["degree"] : 0;
	const sums = name === "polynomial" ? 64 * countMonomials(d, degree + 1) * (d + 1) : 0;
	return Math.ceil(baseMemory + (2 * matrices + squares + features + sums) / 2 ** 20);
}
