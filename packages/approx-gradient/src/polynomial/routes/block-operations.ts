import type { Numbers } from "@attgrad/matrix-core";
import type { FeatureTree } from "../monomials/feature-tree.ts";

/**
 * The numerical core of the routes: operations on a block of `count` rows. Blocks are held column by column: entry i of
 * row j is at i·count + j, so that every inner loop runs along the rows of the block. A fast kernel replaces these
 * functions one for one; sums that a certificate counts roundings of are in double precision here, and long sums over
 * features are made in pieces of FEATURES_AT_ONCE.
 */

/** Features that are summed before the sum goes to the total: bounds the number of roundings of a term. */
export const FEATURES_AT_ONCE = 64;

/** Features z^α of the first `size` nodes for the columns of Z (d x count): one product each. */
export function fillFeatures(tree: FeatureTree, size: number, Z: Numbers, count: number, features: Numbers): void {
	const { parent, variable } = tree;
	features.fill(1, 0, count);
	for (let node = 1; node < size; node++) {
		const from = parent[node] * count;
		const by = variable[node] * count;
		for (let j = 0, at = node * count; j < count; j++, at++) features[at] = features[from + j] * Z[by + j];
	}
}

/** Multiplies feature α by weights[α], for all weights there are. */
export function weighFeatures(weights: Float64Array, count: number, features: Numbers): void {
	for (let node = 0; node < weights.length; node++) {
		const weight = weights[node];
		for (let at = node * count; at < (node + 1) * count; at++) features[at] *= weight;
	}
}

/** moments[α·columns + i] += Σ_j features[α, j] V[i, j]: adds a block's features, against `columns` columns of V. */
export function addMoments(
	features: Numbers,
	size: number,
	V: Numbers,
	columns: number,
	count: number,
	moments: Float64Array,
): void {
	for (let node = 0; node < size; node++)
		for (let i = 0; i < columns; i++) {
			let sum = 0;
			for (let j = 0, a = node * count, v = i * count; j < count; j++, a++, v++) sum += features[a] * V[v];
			moments[node * columns + i] += sum;
		}
}

/** sums[i, j] = Σ_α features[α, j] moments[α·columns + i] over the first `size` features. */
export function contractMoments(
	features: Numbers,
	size: number,
	moments: Numbers,
	columns: number,
	count: number,
	sums: Float64Array,
): void {
	const part = new Float64Array(count);
	sums.fill(0, 0, columns * count);
	for (let first = 0; first < size; first += FEATURES_AT_ONCE) {
		const end = Math.min(size, first + FEATURES_AT_ONCE);
		for (let i = 0; i < columns; i++) {
			part.fill(0);
			for (let node = first; node < end; node++) {
				const moment = moments[node * columns + i];
				for (let j = 0, at = node * count; j < count; j++, at++) part[j] += features[at] * moment;
			}
			for (let j = 0; j < count; j++) sums[i * count + j] += part[j];
		}
	}
}

/** spread[β, j] = Σ_i moments[β·columns + i] C[i, j] for the first `size` nodes: the t_β of paper.md 5.3. */
export function spreadCotangents(
	C: Numbers,
	moments: Numbers,
	columns: number,
	size: number,
	count: number,
	spread: Numbers,
): void {
	const sum = new Float64Array(count);
	for (let node = 0; node < size; node++) {
		sum.fill(0);
		for (let i = 0; i < columns; i++) {
			const moment = moments[node * columns + i];
			for (let j = 0, c = i * count; j < count; j++, c++) sum[j] += moment * C[c];
		}
		spread.set(sum, node * count);
	}
}

/** sums[b, j] = Σ_α features[α, j] spread[up(α, b), j] over the first `size` features. */
export function contractRaised(
	tree: FeatureTree,
	features: Numbers,
	size: number,
	spread: Numbers,
	count: number,
	sums: Float64Array,
): void {
	const { d, raise } = tree;
	const part = new Float64Array(count);
	sums.fill(0, 0, d * count);
	for (let first = 0; first < size; first += FEATURES_AT_ONCE) {
		const end = Math.min(size, first + FEATURES_AT_ONCE);
		for (let b = 0; b < d; b++) {
			part.fill(0);
			for (let node = first; node < end; node++) {
				const up = raise[node * d + b] * count;
				for (let j = 0, at = node * count; j < count; j++, at++) part[j] += features[at] * spread[up + j];
			}
			for (let j = 0; j < count; j++) sums[b * count + j] += part[j];
		}
	}
}

/**
 * The derivative of Σ_α adjoint_α z^α in z, from the last node to the first (paper.md 5.4); sums is d x count, the
 * adjoints are used up.
 */
export function reverseThroughTree(
	tree: FeatureTree,
	features: Numbers,
	adjoints: Numbers,
	size: number,
	Z: Numbers,
	count: number,
	sums: Float64Array,
): void {
	const { d, parent, variable } = tree;
	sums.fill(0, 0, d * count);
	for (let node = size - 1; node > 0; node--) {
		const up = parent[node] * count;
		const v = variable[node] * count;
		for (let j = 0, at = node * count; j < count; j++, at++) {
			sums[v + j] += adjoints[at] * features[up + j];
			adjoints[up + j] += adjoints[at] * Z[v + j];
		}
	}
}
