import { allocateNumbers, type Numbers } from "@attgrad/matrix-core";
import { GradientSum, type LossGradient } from "../../rows/gradient-sum.ts";
import {
	addMoments,
	contractMoments,
	contractRaised,
	fillFeatures,
	spreadCotangents,
	weighFeatures,
} from "./block-operations.ts";
import { rowsOfBlock } from "./block-size.ts";
import { blocksByDegree } from "./blocks-by-degree.ts";
import { type FramedQueries, framedKeys, framedQueries, weightedValues } from "./framed-blocks.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { Route, RouteInput, RouteOptions } from "./route.ts";
import { cotangents, queryGradients, rowStates } from "./row-states.ts";

/**
 * The gradient in moment form (paper.md 5.3): a key coordinate times a monomial of keys is a monomial of keys, so the
 * moments S[β, i] = Σ_l ω_l k_l^β h'_li, β one degree further than the polynomial, hold all that queries need.
 * The numbers of the paper's route in O(n K d); state O(K⁺ d), nothing of size n x K.
 */
async function run(input: RouteInput, { watchers = [], onProgress }: RouteOptions = {}): Promise<LossGradient> {
	const { problem, tree, frame } = input;
	const { n, d } = problem;
	const dtype = problem.A1.dtype;
	const keyWork = tree.raisedSize * (d + 1);
	const progress = new ProgressMeter(n, { keys: keyWork, queries: 3 * keyWork }, onProgress);
	const blockRows = rowsOfBlock(2 * tree.raisedSize, dtype);
	const features = allocateNumbers(dtype, tree.raisedSize * blockRows);
	const columns = allocateNumbers(dtype, (d + 1) * blockRows);

	const sums = new Float64Array(tree.raisedSize * (d + 1));
	for (const block of framedKeys(problem, frame, blockRows)) {
		fillFeatures(tree, tree.raisedSize, block.points, block.count, features);
		weightedValues(block, d, columns);
		addMoments(features, tree.raisedSize, columns, d + 1, block.count, sums);
		for (const watcher of watchers) watcher.keys?.(block, features);
		await progress.advance("keys", block.count);
	}
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);

	const spread = allocateNumbers(dtype, tree.raisedSize * blockRows);
	const unnormalised = new Float64Array((d + 1) * blockRows);
	const rowGradients = new Float64Array(d * blockRows);
	const sum = new GradientSum(problem);
	const watched = Math.max(0, ...watchers.map(({ queryFeatures }) => queryFeatures ?? 0));
	for (const { block, weights: rowWeights, raisedSize } of queriesOf(input, blockRows)) {
		const { count } = block;
		const size = rowWeights.length;
		fillFeatures(tree, Math.max(size, watched), block.points, count, features);
		for (const watcher of watchers) watcher.queries?.(block, features);
		weighFeatures(rowWeights, count, features);
		contractMoments(features, size, moments, d + 1, count, unnormalised);
		const states = rowStates(block, unnormalised, d);
		cotangents(states, count, d, columns);
		spreadCotangents(columns, moments, d + 1, raisedSize, count, spread);
		contractRaised(tree, features, size, spread, count, rowGradients);
		sum.add(block, queryGradients(rowGradients, states.normalisers, count, d), frame.queryMap);
		sum.loss += states.loss;
		for (const watcher of watchers) watcher.rows?.(block, states);
		await progress.advance("queries", count, 3 * count * raisedSize * (d + 1));
	}
	return sum.result();
}

/** The queries in blocks, each with the weights of its rows' polynomial and K⁺ of that. */
function* queriesOf(
	{ problem, tree, weights, frame, rowDegrees }: RouteInput,
	blockRows: number,
): Generator<{ block: FramedQueries; weights: Float64Array; raisedSize: number }, void, undefined> {
	const blocks = framedQueries(problem, frame, blockRows);
	if (!rowDegrees) {
		for (const block of blocks) yield { block, weights, raisedSize: tree.raisedSize };
		return;
	}
	const sizes = { d: problem.d, dtype: problem.A1.dtype, blockRows };
	const degreeOf = ({ points, count }: FramedQueries, j: number): number => rowDegrees.degreeOf(points, j, count);
	for (const { block, degree } of blocksByDegree(blocks, sizes, degreeOf))
		yield {
			block,
			weights: rowDegrees.weightsOf(degree),
			raisedSize: degree < tree.degree ? tree.levels[degree + 2] : tree.raisedSize,
		};
}

/** The moment form of the gradient. */
export const moment: Route = {
	name: "moment",
	surrogate: false,
	memory: (_, raisedSize, d) => ({ state: 2 * raisedSize * (d + 1), row: 2 * raisedSize }),
	run,
};
