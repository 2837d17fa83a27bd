import { allocateNumbers, type Numbers } from "@attgrad/matrix-core";
import { GradientSum, type LossGradient } from "../../rows/gradient-sum.ts";
import { addMoments, contractMoments, fillFeatures, reverseThroughTree, spreadCotangents } from "./block-operations.ts";
import { rowsOfBlock } from "./block-size.ts";
import { framedKeys, framedQueries, weightedValues } from "./framed-blocks.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { Route, RouteInput, RouteOptions } from "./route.ts";
import { cotangents, queryGradients, rowStates } from "./row-states.ts";

/**
 * The exact gradient of the surrogate loss, the loss with exp replaced by P (paper.md 5.4), by going back through the
 * feature tree: O(n K d), no monomials beyond the polynomial's. It is the gradient of a loss that can be computed, and
 * differs from the other routes by P' in place of P.
 */
async function run(
	{ problem, tree, weights, frame }: RouteInput,
	{ watchers = [], onProgress }: RouteOptions = {},
): Promise<LossGradient> {
	const { n, d } = problem;
	const { size } = tree;
	const dtype = problem.A1.dtype;
	const progress = new ProgressMeter(n, { keys: size * (d + 1), queries: 2 * size * (d + 2) }, onProgress);
	const blockRows = rowsOfBlock(2 * size, dtype);
	const features = allocateNumbers(dtype, size * blockRows);
	const columns = allocateNumbers(dtype, (d + 1) * blockRows);

	const sums = new Float64Array(size * (d + 1));
	for (const block of framedKeys(problem, frame, blockRows)) {
		fillFeatures(tree, size, block.points, block.count, features);
		weightedValues(block, d, columns);
		addMoments(features, size, columns, d + 1, block.count, sums);
		for (const watcher of watchers) watcher.keys?.(block, features);
		await progress.advance("keys", block.count);
	}
	// The weights go to the moments: queries need their plain features again in the backward pass.
	for (let node = 0; node < size; node++) for (let i = 0; i <= d; i++) sums[node * (d + 1) + i] *= weights[node];
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);

	const adjoints = allocateNumbers(dtype, size * blockRows);
	const unnormalised = new Float64Array((d + 1) * blockRows);
	const rowGradients = new Float64Array(d * blockRows);
	const sum = new GradientSum(problem);
	for (const block of framedQueries(problem, frame, blockRows)) {
		const { count, points } = block;
		fillFeatures(tree, size, points, count, features);
		for (const watcher of watchers) watcher.queries?.(block, features);
		contractMoments(features, size, moments, d + 1, count, unnormalised);
		const states = rowStates(block, unnormalised, d);
		cotangents(states, count, d, columns);
		spreadCotangents(columns, moments, d + 1, size, count, adjoints);
		reverseThroughTree(tree, features, adjoints, size, points, count, rowGradients);
		sum.add(block, queryGradients(rowGradients, states.normalisers, count, d), frame.queryMap);
		sum.loss += states.loss;
		for (const watcher of watchers) watcher.rows?.(block, states);
		await progress.advance("queries", count);
	}
	return sum.result();
}

/** The gradient of the surrogate loss. */
export const reverse: Route = {
	name: "reverse",
	surrogate: true,
	memory: (size, _, d) => ({ state: 2 * size * (d + 1), row: 2 * size }),
	run,
};
