import { Matrix } from "@attgrad/matrix-core";
import { noError, numberTypes, over, Quantity, RelativeRounding, times } from "../../error-bound/index.ts";
import { type FeatureTree, featureWeights } from "../../polynomial/monomials/feature-tree.ts";
import type { EntryErrors, FeatureMap } from "../feature-map.ts";

/** A feature map that has all three ways to a gradient: plug-in, raised and surrogate. */
export type MonomialMap = FeatureMap & Required<Pick<FeatureMap, "pullBack" | "raise">>;

export interface MonomialMapOptions {
	readonly tree: FeatureTree;
	/** a_0..a_g of the polynomial in place of exp. */
	readonly coefficients: Float64Array;
	/** The vector of d numbers that is subtracted from every key. */
	readonly centre: Float64Array;
	/** Queries are divided and keys multiplied by it, so that powers of both stay near 1; a power of two rounds nothing. */
	readonly t: number;
	readonly error?: EntryErrors;
}

/** The power of two nearest to √(queryNorm / keyNorm). */
export const balance = (queryNorm: number, keyNorm: number): number =>
	queryNorm > 0 && keyNorm > 0 ? 2 ** Math.round(Math.log2(queryNorm / keyNorm) / 2) : 1;

/** By how much `raise` multiplies its sums, which are in coordinates t k: 1 / t, and at least 1. */
export const frameOf = (t: number): number => Math.max(1, over(1, t));

/** Relative rounding of w_α x^α y^α at |α| <= degree: both powers, the weight, the centred key. */
export const monomialRounding = (degree: number): RelativeRounding => RelativeRounding.roundings(4 * degree + 8);

/** The numbers that define a polynomial's features. */
export interface MonomialSizes {
	readonly degree: number;
	readonly coefficients: Float64Array;
	/** At least every ‖q_j‖ and ‖k_l − centre‖. */
	readonly queryNorm: number;
	readonly keyNorm: number;
	readonly t: number;
}

/** Sizes of the features w_α x^α and y^β, |β| <= degree + 1, with what they may be off by below the normal range. */
export function monomialSizes({ degree, coefficients, queryNorm, keyNorm, t }: MonomialSizes): {
	query: Quantity;
	key: Quantity;
} {
	const underflow = numberTypes.f64.tiny;
	const coordinate = (norm: number): Quantity => Quantity.known(Math.max(1, norm), { ...noError, underflow });
	let [weight, factorial] = [0, 1];
	for (let k = 0; k < coefficients.length; k++) {
		factorial *= Math.max(1, k);
		weight = Math.max(weight, times(Math.abs(coefficients[k]), factorial));
	}
	return {
		query: coordinate(over(queryNorm, t))
			.power(degree)
			.times(Quantity.known(weight, { ...noError, underflow })),
		key: coordinate(times(keyNorm, t)).power(degree + 1),
	};
}

/** `underflow` of a map of these features. */
export function monomialUnderflow(sizes: MonomialSizes): EntryErrors["underflow"] {
	const { query, key } = monomialSizes(sizes);
	return { query: query.error.underflow, key: key.error.underflow };
}

/** P(<q, k>) = Σ w_α q^α k^α over the tree's monomials (paper.md 5.1): K features, K⁺ of the keys. */
export function monomialMap({ tree, coefficients, centre, t, error }: MonomialMapOptions): MonomialMap {
	const { d, size: rank, raisedSize, parent, variable, raise } = tree;
	const weights = featureWeights(tree, coefficients);

	/** Monomials of the first `size` nodes at the rows of Z. */
	const powers = (Z: Matrix, size: number): Matrix => {
		const features = Matrix.zeros(Z.rows, size);
		for (let j = 0; j < Z.rows; j++) {
			const z = Z.row(j);
			const row = features.row(j);
			row[0] = 1;
			for (let node = 1; node < size; node++) row[node] = row[parent[node]] * z[variable[node]];
		}
		return features;
	};
	const points = (queries: Matrix): Matrix => Matrix.build(queries.rows, d, (j, b) => queries.at(j, b) / t);

	return {
		rank,
		keyFeatures(keys) {
			const Z = Matrix.build(keys.rows, d, (l, b) => t * (keys.at(l, b) - centre[b]));
			return powers(Z, raisedSize);
		},
		queryFeatures(queries) {
			const features = powers(points(queries), rank);
			for (let at = 0; at < features.data.length; at++) features.data[at] *= weights[at % rank];
			return features;
		},
		raise(features, cotangents) {
			const gradients = Matrix.zeros(features.rows, d);
			for (let j = 0; j < features.rows; j++) {
				const [phi, spread, sums] = [features.row(j), cotangents.row(j), gradients.row(j)];
				for (let node = 0, at = 0; node < rank; node++)
					for (let b = 0; b < d; b++) sums[b] += phi[node] * spread[raise[at++]];
				for (let b = 0; b < d; b++) sums[b] /= t;
			}
			return gradients;
		},
		pullBack(queries, _, cotangents) {
			const Z = points(queries);
			const F = powers(Z, rank);
			const gradients = Matrix.zeros(queries.rows, d);
			for (let j = 0; j < queries.rows; j++) {
				const [z, row, sums] = [Z.row(j), F.row(j), gradients.row(j)];
				const adjoint = weights.map((weight, node) => weight * cotangents.at(j, node));
				for (let node = rank - 1; node > 0; node--) {
					const [up, v] = [parent[node], variable[node]];
					sums[v] += adjoint[node] * row[up];
					adjoint[up] += adjoint[node] * z[v];
				}
				for (let b = 0; b < d; b++) sums[b] /= t;
			}
			return gradients;
		},
		...(error && { error }),
	};
}
