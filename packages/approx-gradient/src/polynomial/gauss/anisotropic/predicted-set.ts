import { fillFeatures } from "../../routes/block-operations.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { constantsOfSet, type GaussRequest } from "../gauss-request.ts";
import { type PredictedBound, predictGaussBound, type SampledTruncation } from "../predicted-bound.ts";
import type { ScoreSample } from "../score-sample.ts";
import { BoundarySums } from "./boundary-sums.ts";
import { boundaryMoments, columnsOf, type KeyPowers, keyPowers } from "./key-powers.ts";
import type { LayeredSet } from "./layered-set.ts";
import { fillTruncated } from "./truncation.ts";

/** Rows of a sample that features are made of at a time. */
const AT_ONCE = 64;

/** The bound that a run with an anisotropic set will prove; its cost is that of features of the sample's rows. */
export function predictSetBound(request: GaussRequest, set: LayeredSet, sample: ScoreSample): PredictedBound {
	const constants = constantsOfSet(request, set.tree);
	return predictGaussBound(sample, request, constants, truncationOf(sample, set, constants, request.space.keyReach));
}

/** The absolute moments of single coordinates from those of a sample's keys, as a run has them from all. */
function sampledPowers(
	{ d, weights, keys, squares }: ScoreSample,
	{ tree }: LayeredSet,
	reach: ArrayLike<number>,
	columns: number,
): KeyPowers {
	const degree = tree.degree + 1;
	const powers = new Float64Array(columns * d * (degree + 1));
	for (let l = 0; l < weights.length; l++) {
		const factors = [1, squares.values[l], squares.keys[l]];
		for (let x = 0, at = 0; x < columns; x++)
			for (let i = 0; i < d; i++) {
				const size = Math.abs(keys[l * d + i]);
				for (let b = 0, term = weights[l] * factors[x]; b <= degree; b++, at++, term *= size) powers[at] += term;
			}
	}
	return keyPowers(tree, columns, reach, (x, node) => {
		let b = 0;
		for (let at = node; at > 0; at = tree.parent[at]) b++;
		return powers[(x * d + tree.variable[node]) * (degree + 1) + b];
	});
}

/** The truncated sums of the sample's rows over its keys. */
function truncationOf(
	sample: ScoreSample,
	set: LayeredSet,
	constants: ErrorConstants,
	reach: ArrayLike<number>,
): SampledTruncation {
	const { d, rows } = sample;
	const { tree, boundary } = set;
	const columns = columnsOf(constants.form);
	const moments = boundaryMoments(set, sampledPowers(sample, set, reach, columns), columns);
	const sums = new BoundarySums(set, moments, columns, AT_ONCE);
	const features = new Float64Array(tree.size * AT_ONCE);
	const points = new Float64Array(d * AT_ONCE);
	const perRow = (tree.degree + 1) * columns;
	const ofRows = new Float64Array(perRow * rows.length);
	for (let from = 0; from < rows.length; from += AT_ONCE) {
		const count = Math.min(AT_ONCE, rows.length - from);
		for (let j = 0; j < count; j++) for (let i = 0; i < d; i++) points[i * count + j] = rows[from + j].query[i];
		fillFeatures(tree, tree.size, points, count, features);
		sums.fill(features, count);
		for (let j = 0; j < count; j++)
			for (let at = 0; at < perRow; at++) ofRows[(from + j) * perRow + at] = sums.byDegree[at * count + j];
	}
	return (row, { truncation, ones, valueSquares, keySquares, reach }) => {
		if (!truncation) return;
		const targets = [
			{ to: truncation.ones, columnSum: ones[0] },
			{ to: truncation.valueSquares, columnSum: valueSquares[0] },
			...truncation.keySquares.map((to, b) => ({ to, columnSum: keySquares[b][0] })),
		];
		for (const [x, { to, columnSum }] of targets.slice(0, columns).entries()) {
			const error = { reach, columnSum, weightSum: ones[0], added: 0 };
			fillTruncated(boundary, constants, ofRows, error, to, row * perRow + x, columns);
		}
	};
}
