import { Matrix, multiply } from "@attgrad/matrix-core";
import { centred } from "../../rows/spans.ts";
import type { EntryErrors } from "../feature-map.ts";
import type { MonomialMap } from "../polynomial/monomial-map.ts";
import { type Support, supNorm } from "./support.ts";

/**
 * Features of the support basis (paper.md 8.3): one for each heavy key, e^<q, k_l> and 1 at that key, and the monomials for
 * the light keys. Rows are divided by e^M_j, M_j = max(0, largest score with a heavy key). Heavy queries are left out.
 * @param light monomials about the support's centre
 * @param scale factor of the problem's queries, which the threshold is not scaled by
 */
export function supportMap(support: Support, light: MonomialMap, scale: number, error: EntryErrors): MonomialMap {
	const { threshold, heavyKeys, centre } = support;
	const heavy = centred(support.heavyRows, centre);
	const place = new Map(heavyKeys.map((l, at) => [l, at]));
	const count = heavyKeys.length;
	const rank = count + light.rank;

	/** Scores with the heavy keys, and M of each row. */
	const heavyScores = (queries: Matrix): { scores: Matrix; shift: Float64Array } => {
		const scores = multiply(queries, heavy, { transposeB: true });
		const shift = new Float64Array(queries.rows);
		for (let j = 0; j < shift.length; j++) for (const score of scores.row(j)) shift[j] = Math.max(shift[j], score);
		return { scores, shift };
	};
	/** Rows of sums over the light keys, and over the heavy keys Σ_c features_jc cotangents_jc heavy_c. */
	const sumsOf = (features: Matrix, cotangents: Matrix, ofLight: Matrix): Matrix => {
		const weights = Matrix.build(features.rows, count, (j, c) => features.at(j, c) * cotangents.at(j, c));
		const ofHeavy = multiply(weights, heavy);
		return Matrix.build(ofLight.rows, ofLight.cols, (j, b) => ofLight.at(j, b) + ofHeavy.at(j, b));
	};

	return {
		rank,
		keyFeatures(keys, from) {
			const monomials = light.keyFeatures(keys, from);
			const features = Matrix.zeros(keys.rows, count + monomials.cols);
			for (let l = 0; l < keys.rows; l++) {
				const at = place.get(from + l);
				if (at === undefined) features.row(l).set(monomials.row(l), count);
				else features.row(l)[at] = 1;
			}
			return features;
		},
		queryFeatures(queries) {
			const { scores, shift } = heavyScores(queries);
			const monomials = light.queryFeatures(queries);
			const small = shift.map((M) => Math.exp(-M));
			return Matrix.build(queries.rows, rank, (j, m) =>
				m < count ? Math.exp(scores.at(j, m) - shift[j]) : small[j] * monomials.at(j, m - count),
			);
		},
		raise(features, cotangents) {
			const ofLight = light.raise(columns(features, count, rank), columns(cotangents, count, cotangents.cols));
			return sumsOf(features, cotangents, ofLight);
		},
		pullBack(queries, features, cotangents) {
			const { shift } = heavyScores(queries);
			const adjoint = columns(cotangents, count, rank, (j) => Math.exp(-shift[j]));
			return sumsOf(features, cotangents, light.pullBack(queries, columns(features, count, rank), adjoint));
		},
		error,
		outside: (queries) =>
			Uint8Array.from({ length: queries.rows }, (_, j) => (supNorm(queries.row(j)) > threshold * scale ? 1 : 0)),
	};
}

/** Columns from..to-1 of a block, each row times factor(j). */
function columns(rows: Matrix, from: number, to: number, factor: (j: number) => number = () => 1): Matrix {
	return Matrix.build(rows.rows, to - from, (j, m) => factor(j) * rows.at(j, from + m));
}
