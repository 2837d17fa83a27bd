import { allocateNumbers, Matrix, type Numbers, scale } from "@attgrad/matrix-core";
import type { LossGradient } from "../../rows/gradient-sum.ts";
import { addMoments, contractMoments, FEATURES_AT_ONCE, fillFeatures, weighFeatures } from "./block-operations.ts";
import { rowsOfBlock } from "./block-size.ts";
import { type FramedKeys, type FramedQueries, framedKeys, framedQueries } from "./framed-blocks.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { Route, RouteInput, RouteOptions } from "./route.ts";
import { cotangents, rowStates } from "./row-states.ts";

/**
 * The paper's route (Lemmas D.1 to D.6, corrected as in paper.md 5.2):
 * g̃ = scale · [(A1ᵀ U3)(V3ᵀ A2) - (A1ᵀ U4)(V4ᵀ A2)] with U3 = U1 ⊘ c̃, V3 = V1 ⊘ h, U4 = diag(r̃) U1, V4 = V1.
 * The four products are gathered over row blocks, so no factor is ever held: state O(K d²), cost O(n K d²).
 * Both terms are one: the columns of [c̃, -r̃] against those of [h, 1].
 */
async function run(
	{ problem, tree, weights, frame }: RouteInput,
	{ watchers = [], onProgress }: RouteOptions = {},
): Promise<LossGradient> {
	const { n, d } = problem;
	const { size } = tree;
	const dtype = problem.A1.dtype;
	const blockRows = rowsOfBlock(size, dtype);
	const features = allocateNumbers(dtype, size * blockRows);
	const wide = (d + 1) ** 2;
	const progress = new ProgressMeter(n, { keys: size * wide, queries: size * wide }, onProgress);
	const columns = allocateNumbers(dtype, wide * blockRows);

	// Column b·(d+1) + i of `keySide`: V1ᵀ of k_b h'_i for b < d, of h'_i itself for b = d.
	const keySide = new Float64Array(size * wide);
	for (const block of framedKeys(problem, frame, blockRows)) {
		fillFeatures(tree, size, block.points, block.count, features);
		keysTimesValues(block, d, columns);
		addMoments(features, size, columns, wide, block.count, keySide);
		for (const watcher of watchers) watcher.keys?.(block, features);
		await progress.advance("keys", block.count);
	}
	const moments = lastColumns(keySide, wide, d + 1, dtype === "f64");

	// Column a·(d+1) + i of `querySide`: U1ᵀ of A1_a c'_i.
	const querySide = new Float64Array(size * d * (d + 1));
	const unnormalised = new Float64Array((d + 1) * blockRows);
	const divided = new Float64Array((d + 1) * blockRows);
	let loss = 0;
	for (const block of framedQueries(problem, frame, blockRows)) {
		const { count } = block;
		fillFeatures(tree, size, block.points, count, features);
		for (const watcher of watchers) watcher.queries?.(block, features);
		weighFeatures(weights, count, features);
		contractMoments(features, size, moments, d + 1, count, unnormalised);
		const states = rowStates(block, unnormalised, d);
		cotangents(states, count, d, divided, states.normalisers);
		inputsTimesCotangents(block, divided, d, columns);
		addMoments(features, size, columns, d * (d + 1), count, querySide);
		loss += states.loss;
		for (const watcher of watchers) watcher.rows?.(block, states);
		await progress.advance("queries", count);
	}
	return { gradient: scale(joinSides(querySide, keySide, size, d), problem.scale), loss };
}

/** ω_l k_lb [h_l, 1] for b < d, then ω_l [h_l, 1]: (d + 1)² x count. */
function keysTimesValues({ count, weights, keys, values }: FramedKeys, d: number, columns: Numbers): void {
	const [k, h] = [keys.data, values.data];
	for (let b = 0, column = 0; b <= d; b++)
		for (let i = 0; i <= d; i++, column++)
			for (let l = 0; l < count; l++) {
				const value = i < d ? h[l * d + i] : 1;
				const key = b < d ? k[l * d + b] : 1;
				columns[column * count + l] = weights[l] * value * key;
			}
}

/** A1_ja c'_ji / D_j: d (d + 1) x count. */
function inputsTimesCotangents(
	{ count, inputs }: FramedQueries,
	divided: Float64Array,
	d: number,
	columns: Numbers,
): void {
	const A1 = inputs.data;
	for (let a = 0, column = 0; a < d; a++)
		for (let i = 0; i <= d; i++, column++)
			for (let j = 0; j < count; j++) columns[column * count + j] = A1[j * d + a] * divided[i * count + j];
}

/** The last `kept` columns of a matrix with `wide` columns, as doubles or rounded to singles. */
function lastColumns(all: Float64Array, wide: number, kept: number, double: boolean): Numbers {
	const length = (all.length / wide) * kept;
	const made: Numbers = double ? new Float64Array(length) : new Float32Array(length);
	for (let at = 0; at < length; at++) made[at] = all[Math.floor(at / kept) * wide + wide - kept + (at % kept)];
	return made;
}

/** Σ_α Σ_i querySide[α, a, i] keySide[α, b, i], d x d, in pieces of features like every long sum. */
function joinSides(querySide: Float64Array, keySide: Float64Array, size: number, d: number): Matrix {
	const width = d + 1;
	const gradient = Matrix.zeros(d, d);
	for (let first = 0; first < size; first += FEATURES_AT_ONCE) {
		const end = Math.min(size, first + FEATURES_AT_ONCE);
		for (let a = 0; a < d; a++)
			for (let b = 0; b < d; b++) {
				let sum = 0;
				for (let node = first; node < end; node++) {
					const q = (node * d + a) * width;
					const k = (node * width + b) * width;
					for (let i = 0; i < width; i++) sum += querySide[q + i] * keySide[k + i];
				}
				gradient.data[a * d + b] += sum;
			}
	}
	return gradient;
}

/** The paper's route, corrected. */
export const paper: Route = {
	name: "paper",
	surrogate: false,
	memory: (size, _, d) => ({ state: 2 * size * (d + 1) ** 2, row: size }),
	run,
};
