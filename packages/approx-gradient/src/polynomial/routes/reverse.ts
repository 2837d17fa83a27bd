import { allocateNumbers, Matrix, type Numbers, scale } from "@attgrad/matrix-core";
import { addMoments, contractMoments, fillFeatures, reverseThroughTree, spreadCotangents } from "./block-operations.ts";
import { rowsOfBlock } from "./block-size.ts";
import { keyBlocks, queryBlocks, weightedValues } from "./blocks.ts";
import { addRowGradients } from "./gradient-sum.ts";
import { Pace, type Route, type RouteInput, type RouteOptions, type RouteResult } from "./route.ts";
import { cotangents, rowStates } from "./row-states.ts";

/**
 * The exact gradient of the surrogate loss, the loss with exp replaced by P (paper.md 5.4), by going back through the
 * feature tree: O(n K d), no monomials beyond the polynomial's. It is the gradient of a loss that can be computed, and
 * differs from the other routes by P' in place of P.
 */
async function run(
	{ problem, tree, weights, frame }: RouteInput,
	{ watchers = [], onProgress }: RouteOptions = {},
): Promise<RouteResult> {
	const { n, d } = problem;
	const { size } = tree;
	const dtype = problem.A1.dtype;
	const pace = new Pace(n, { keys: size * (d + 1), queries: 2 * size * (d + 2) }, onProgress);
	const blockRows = rowsOfBlock(2 * size, dtype);
	const features = allocateNumbers(dtype, size * blockRows);
	const columns = allocateNumbers(dtype, (d + 1) * blockRows);

	const sums = new Float64Array(size * (d + 1));
	for (const block of keyBlocks(problem, frame, blockRows)) {
		fillFeatures(tree, size, block.points, block.count, features);
		weightedValues(block, d, columns);
		addMoments(features, size, columns, d + 1, block.count, sums);
		for (const watcher of watchers) watcher.keys?.(block, features);
		await pace.after("keys", block.count);
	}
	// The weights go to the moments: queries need their plain features again on the way back.
	for (let node = 0; node < size; node++) for (let i = 0; i <= d; i++) sums[node * (d + 1) + i] *= weights[node];
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);

	const adjoints = allocateNumbers(dtype, size * blockRows);
	const unnormalised = new Float64Array((d + 1) * blockRows);
	const rowGradients = new Float64Array(d * blockRows);
	const gradient = Matrix.zeros(d, d);
	let loss = 0;
	for (const block of queryBlocks(problem, frame, blockRows)) {
		const { count, points } = block;
		fillFeatures(tree, size, points, count, features);
		for (const watcher of watchers) watcher.queries?.(block, features);
		contractMoments(features, size, moments, d + 1, count, unnormalised);
		const states = rowStates(block, unnormalised, d);
		cotangents(states, count, d, columns);
		spreadCotangents(columns, moments, d + 1, size, count, adjoints);
		reverseThroughTree(tree, features, adjoints, size, points, count, rowGradients);
		addRowGradients(block, frame, rowGradients, states.normalisers, gradient);
		loss += states.loss;
		for (const watcher of watchers) watcher.rows?.(block, states);
		await pace.after("queries", count);
	}
	return { gradient: scale(gradient, problem.scale), loss };
}

/** The gradient of the surrogate loss. */
export const reverse: Route = {
	name: "reverse",
	surrogate: true,
	memory: (size, _, d) => ({ state: 2 * size * (d + 1), row: 2 * size }),
	run,
};
