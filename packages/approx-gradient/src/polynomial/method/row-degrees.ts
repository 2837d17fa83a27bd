import { type FeatureTree, featureWeights } from "../monomials/feature-tree.ts";
import type { RowDegrees } from "../routes/route.ts";
import type { Approximation, Method } from "./approximation.ts";
import { reachOf } from "./feature-space.ts";

/** Halvings of the interval that a degree's radius is found in: to a thousandth of R. */
const HALVINGS = 10;

/**
 * The degrees of the row-wise radius (paper.md 6): degree g' < g serves the rows whose radius is at most the largest ρ at
 * which its relative and its absolute error are no larger than those of degree g at R. Every bound for (R, g) then holds
 * for all rows, and a row needs only the first C(d+g', g') features.
 */
export function rowDegrees(
	{ family, space }: Method,
	{ degree, coefficients }: Approximation,
	tree: FeatureTree,
): RowDegrees {
	const { radius } = space;
	const relative = family.relativeError(radius, degree);
	const absolute = family.absoluteError(radius, degree);
	const polynomials = [{ degree, radius, coefficients }];
	let above = radius;
	for (let lower = degree - 1; lower >= 0; lower--) {
		let [low, high] = [0, above];
		for (let halving = 0; halving < HALVINGS; halving++) {
			const middle = (low + high) / 2;
			const holds = family.relativeError(middle, lower) <= relative && family.absoluteError(middle, lower) <= absolute;
			if (holds) low = middle;
			else high = middle;
		}
		if (low === 0) break;
		above = low;
		polynomials.push({ degree: lower, radius: low, coefficients: family.coefficients(low, lower) });
	}
	const weights = new Map(polynomials.map((p) => [p.degree, featureWeights(tree, p.coefficients)]));
	return {
		degreeOf(points, j, count) {
			const reach = reachOf(points, j, count, space) + space.scoreError;
			return polynomials.findLast((p) => p.radius >= reach)?.degree ?? degree;
		},
		weightsOf(of) {
			const found = weights.get(of);
			if (!found) throw new Error(`polynomial: no row has degree ${of}`);
			return found;
		},
		largestCoefficients: coefficients.map((_, k) =>
			polynomials.reduce((largest, p) => Math.max(largest, Math.abs(p.coefficients[k] ?? 0)), 0),
		),
	};
}
