import type { RowSink } from "@attgrad/attention-problem";
import { allocateNumbers, Matrix, type Numbers } from "@attgrad/matrix-core";
import { addMoments, contractMoments, fillFeatures, weighFeatures } from "./block-operations.ts";
import { rowsOfBlock } from "./block-size.ts";
import { type FramedQueries, framedKeys, framedQueries, weightedValues } from "./framed-blocks.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { RouteInput, RouteOptions } from "./route.ts";
import { type RowStates, rowStates } from "./row-states.ts";

/** The numbers of a forward run, beside its rows, that certificates use. */
export interface ForwardTotals {
	/** Σ_l ω_l. */
	readonly totalWeight: number;
	/** The least normaliser D̃_j. */
	readonly leastNormaliser: number;
}

/** Called with each block of queries and what became of it, and Σ_l ω_l. */
export type ForwardWatcher = (block: FramedQueries, states: RowStates, totalWeight: number) => void;

/**
 * The outputs õ = f̃ h of a layer at the approximate weights (paper.md 5.3, steps 1 to 3): pass 1 over the keys with the
 * degree's own monomials, then each query's normaliser and output. O(n K d), state O(K d). The input's problem is the
 * layer with a target of zeros; rows come in the number type of A1.
 * @throws ComputationError (invalid) with row and value where a normaliser is not positive
 */
export async function forwardRows(
	{ problem, tree, weights, frame }: RouteInput,
	sink: RowSink,
	watcher: ForwardWatcher,
	onProgress?: RouteOptions["onProgress"],
): Promise<ForwardTotals> {
	const { n, d } = problem;
	const { size } = tree;
	const dtype = problem.A1.dtype;
	const progress = new ProgressMeter(n, { keys: size * (d + 1), queries: size * (d + 1) }, onProgress);
	// The rows of a block of the moment route, whose counts of roundings bound this one's.
	const blockRows = rowsOfBlock(2 * tree.raisedSize, dtype);
	const features = allocateNumbers(dtype, size * blockRows);
	const columns = allocateNumbers(dtype, (d + 1) * blockRows);
	const sums = new Float64Array(size * (d + 1));
	let totalWeight = 0;
	for (const block of framedKeys(problem, frame, blockRows)) {
		fillFeatures(tree, size, block.points, block.count, features);
		weightedValues(block, d, columns);
		addMoments(features, size, columns, d + 1, block.count, sums);
		for (let l = 0; l < block.count; l++) totalWeight += block.weights[l];
		await progress.advance("keys", block.count);
	}
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);

	const unnormalised = new Float64Array((d + 1) * blockRows);
	let leastNormaliser = Number.POSITIVE_INFINITY;
	for (const block of framedQueries(problem, frame, blockRows)) {
		const { count, points } = block;
		fillFeatures(tree, size, points, count, features);
		weighFeatures(weights, count, features);
		contractMoments(features, size, moments, d + 1, count, unnormalised);
		// The targets are zeros about the value centre: the outputs do not depend on them.
		const states = rowStates(block, unnormalised, d);
		for (const normaliser of states.normalisers) leastNormaliser = Math.min(leastNormaliser, normaliser);
		watcher(block, states, totalWeight);
		const rows = allocateNumbers(dtype, count * d);
		for (let j = 0, at = 0; j < count; j++) for (let i = 0; i < d; i++) rows[at++] = states.outputs[i * count + j];
		sink(block.indices[0], shiftedRows(rows, frame.valueCentre));
		await progress.advance("queries", count);
	}
	return { totalWeight, leastNormaliser };
}

/** Rows about the value centre, moved back, in storage of their own. */
export function shiftedRows(centred: Numbers, valueCentre: Float64Array): Matrix {
	const d = valueCentre.length;
	const rows = new Matrix(centred.length / d, d, centred.slice());
	for (let at = 0; at < rows.data.length; at++) rows.data[at] += valueCentre[at % d];
	return rows;
}
