import { fillFeatures } from "../../routes/block-operations.ts";
import { constantsOfSet, type GaussRequest } from "../gauss-gradient.ts";
import { type PredictedBound, predictGaussBound, type SampledTruncation } from "../predicted-bound.ts";
import type { GaussInput } from "../run/gauss-run.ts";
import { momentColumns } from "../run/key-columns.ts";
import type { ScoreSample } from "../score-sample.ts";
import { type Boundary, boundaryOf } from "./boundary.ts";
import { BoundarySums } from "./boundary-sums.ts";
import { fillTruncated } from "./truncation.ts";

/** Rows or keys of a sample that features are made of at a time. */
const AT_ONCE = 64;

/** The bound that a run with a set of monomials will prove; its cost is that of features of the sample's rows and keys. */
export function predictSetBound(request: GaussRequest, tree: GaussInput["tree"], sample: ScoreSample): PredictedBound {
	const constants = constantsOfSet(request, tree);
	const input = { problem: request.problem, tree, constants };
	return predictGaussBound(sample, request, constants, truncationOf(sample, input, boundaryOf(tree)));
}

/** The truncated sums of the sample's rows over its keys. */
function truncationOf(
	{ d, rows, weights, values, keys }: ScoreSample,
	input: Pick<GaussInput, "problem" | "tree" | "constants">,
	boundary: Boundary,
): SampledTruncation {
	const { tree, constants } = input;
	const sums = new BoundarySums(input, boundary, AT_ONCE);
	const features = new Float64Array(tree.raisedSize * AT_ONCE);
	const points = new Float64Array(d * AT_ONCE);
	const columns = new Float64Array(momentColumns(constants) * AT_ONCE);
	for (let from = 0; from < weights.length; from += AT_ONCE) {
		const count = Math.min(AT_ONCE, weights.length - from);
		for (let l = 0; l < count; l++) {
			let [valueSquare, keySquare] = [0, 0];
			for (let i = 0; i < d; i++) {
				points[i * count + l] = keys[(from + l) * d + i];
				keySquare += keys[(from + l) * d + i] ** 2;
				valueSquare += values[(from + l) * d + i] ** 2;
			}
			columns[d * count + l] = weights[from + l];
			if (constants.form === "l1") continue;
			columns[(d + 1) * count + l] = weights[from + l] * valueSquare;
			columns[(d + 2) * count + l] = weights[from + l] * keySquare;
		}
		fillFeatures(tree, tree.raisedSize, points, count, features);
		sums.addKeys(features, columns, count);
	}
	const perRow = (tree.degree + 2) * sums.columns;
	const ofRows = new Float64Array(perRow * rows.length);
	for (let from = 0; from < rows.length; from += AT_ONCE) {
		const count = Math.min(AT_ONCE, rows.length - from);
		for (let j = 0; j < count; j++) for (let i = 0; i < d; i++) points[i * count + j] = rows[from + j].query[i];
		fillFeatures(tree, tree.raisedSize, points, count, features);
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
		for (const [x, { to, columnSum }] of targets.slice(0, sums.columns).entries()) {
			const error = { reach, columnSum, weightSum: ones[0], added: 0 };
			fillTruncated(boundary, constants, ofRows, error, to, row * perRow + x, sums.columns);
		}
	};
}
