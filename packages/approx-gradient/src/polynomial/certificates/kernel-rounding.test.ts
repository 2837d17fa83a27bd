import { expect, test } from "vitest";
import { mostJoins, productTable } from "../kernels/feature-tables.ts";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { routes } from "../routes/index.ts";
import { kernelRoundingCounts } from "./kernel-rounding.ts";

/** Exponents whose sum, each times its weight, is at most `limit`. */
function weighted(weights: readonly number[], limit: number): number[][] {
	if (weights.length === 0) return [[]];
	const [weight, ...rest] = weights;
	return Array.from({ length: Math.floor(limit / weight) + 1 }, (_, k) =>
		weighted(rest, limit - k * weight).map((exponents) => [k, ...exponents]),
	).flat();
}

const half = 2 ** -53;
const roundingOf = (tree: ReturnType<typeof totalDegreeTree>, joins: number): number => {
	const { size, raisedSize, degree, d } = tree;
	const counts = kernelRoundingCounts(routes.reverse, { n: 100, d, dtype: "f64" }, { size, raisedSize, degree, joins });
	return counts.gradient.bound / half;
};

test("a gradient of an anisotropic set counts an addition for each run of its kernels", () => {
	const tree = downwardClosedTree(weighted([1.9, 1.3, 1.1, 1.7], 27));
	const joins = mostJoins(productTable(tree, tree.size));
	expect(joins).toBeGreaterThan(300);
	expect(roundingOf(tree, joins)).toBeGreaterThan(joins);
	expect(roundingOf(tree, joins) - roundingOf(tree, 0)).toBeGreaterThanOrEqual(joins * (1 - 1e-9));
});

test("the monomials up to a degree have few runs, which what is counted for all sets covers", () => {
	for (const [d, degree] of [
		[2, 40],
		[4, 12],
		[7, 8],
	]) {
		const tree = totalDegreeTree(d, degree);
		expect(mostJoins(productTable(tree, tree.size))).toBeLessThan((degree + 1) * (d + 3) + 6);
	}
});
