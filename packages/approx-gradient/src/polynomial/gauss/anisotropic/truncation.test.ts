import { seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { exponentsOf } from "./exponents.ts";
import { boundaryMoments } from "./key-powers.ts";
import { type LayeredSet, layeredSet } from "./layered-set.ts";
import { heaviestMonomials } from "./monomial-set.ts";
import { fillTruncated } from "./truncation.ts";

/** All exponents of a degree in d variables. */
function* allOf(d: number, degree: number): Generator<number[]> {
	if (d === 1) yield [degree];
	else for (let a = 0; a <= degree; a++) for (const rest of allOf(d - 1, degree - a)) yield [a, ...rest];
}

const multinomial = (alpha: readonly number[]): number => {
	let [value, total] = [1, 0];
	for (const a of alpha) for (let k = 1; k <= a; k++) value = (value * ++total) / k;
	return value;
};

const powerOf = (x: readonly number[], alpha: readonly number[]): number =>
	alpha.reduce((product, a, i) => product * Math.abs(x[i]) ** a, 1);

const random = seededRandom(5, "truncation");

/** A random set: few powers of some coordinates, many of others. */
function randomSet(d: number, degree: number): { set: LayeredSet; isInside: (alpha: readonly number[]) => boolean } {
	const slopes = Array.from({ length: d }, () => random.uniform(0, 4));
	const least = -random.uniform(0.5, 8);
	const weights = slopes.map((slope) => Float64Array.from({ length: degree + 1 }, (_, a) => -a * slope));
	const set = heaviestMonomials(weights, degree, least, 1e5);
	if (!set) throw new Error("a set of a test is too large");
	const weightOf = (alpha: readonly number[]): number => alpha.reduce((sum, a, i) => sum - a * slopes[i], 0);
	const sizeOf = (alpha: readonly number[]): number => alpha.reduce((sum, a) => sum + a, 0);
	return { set, isInside: (alpha) => sizeOf(alpha) <= degree && weightOf(alpha) >= least };
}

describe("a layered set", () => {
	it("has the monomials of a set and its edge by degree, each made of one before", () => {
		for (let trial = 0; trial < 40; trial++) {
			const { set, isInside } = randomSet(random.integer(1, 4), random.integer(0, 6));
			const { d, degree, size, raisedSize, parent, variable, raise, levels } = set.tree;
			const places = new Map<string, number>();
			for (let node = 0; node < raisedSize; node++) {
				const alpha = exponentsOf(set.tree, node);
				places.set(alpha.join(), node);
				const k = alpha.reduce((sum, a) => sum + a, 0);
				if (k <= degree) expect(levels[k] <= node && node < levels[k + 1]).toBe(true);
				expect(node < size).toBe(k <= degree);
				const below = alpha.some((a, i) => a > 0 && isInside(alpha.map((b, at) => (at === i ? b - 1 : b))));
				expect(isInside(alpha) || below).toBe(true);
				if (node > 0) expect(parent[node]).toBeLessThan(node);
				if (node > 0) expect(alpha[variable[node]]).toBeGreaterThan(0);
			}
			for (let k = 0; k <= degree; k++)
				for (const alpha of allOf(d, k)) {
					const node = places.get(alpha.join());
					if (isInside(alpha)) expect(node).toBeDefined();
					for (let b = 0; node !== undefined && b < d; b++) {
						const raised = places.get(alpha.map((a, i) => (i === b ? a + 1 : a)).join());
						expect(raise[node * d + b]).toBe(raised ?? -1);
						if (isInside(alpha)) expect(raised).toBeDefined();
					}
				}
		}
	});

	it("has a boundary of the minimal monomials outside the set", () => {
		for (let trial = 0; trial < 40; trial++) {
			const { set, isInside } = randomSet(random.integer(1, 4), random.integer(0, 6));
			const { tree, boundary } = set;
			const found = new Set(Array.from(boundary.nodes, (node) => exponentsOf(tree, node).join()));
			const wanted = new Set<string>();
			for (let k = 0; k <= tree.degree; k++)
				for (const alpha of allOf(tree.d, k)) {
					const below = alpha.flatMap((a, i) => (a > 0 ? [alpha.map((b, at) => (at === i ? b - 1 : b))] : []));
					if (!isInside(alpha) && below.every(isInside)) wanted.add(alpha.join());
				}
			expect(found).toEqual(wanted);
		}
	});

	it("of all monomials of a degree is the total-degree tree, without a boundary of that degree", () => {
		const total = keptTotalDegreeTree(3, 4);
		const all = Array.from({ length: total.size }, (_, node) => exponentsOf(total, node));
		const { tree, boundary } = layeredSet(all);
		expect(tree.raisedSize).toBe(countMonomials(3, 5));
		expect(tree.parent).toEqual(total.parent);
		expect(tree.variable).toEqual(total.variable);
		expect(boundary.nodes.length).toBe(0);
	});
});

describe("truncated sums", () => {
	it("bound the sums of all monomials outside a set, and outside the set and its edge", () => {
		for (let trial = 0; trial < 60; trial++) {
			const { set, isInside } = randomSet(random.integer(1, 3), random.integer(0, 5));
			const { d, degree, raisedSize } = set.tree;
			const sizes = Array.from({ length: d }, () => 10 ** random.uniform(-2, 0.3));
			const keys = Array.from({ length: 5 }, () => sizes.map((s) => s * random.uniform(-1, 1)));
			const query = sizes.map(() => random.uniform(-1, 1));
			const weights = keys.map(() => random.uniform());
			const products = keys.map((key) => key.map((x, i) => x * query[i]));
			const reach = Math.max(...products.map((x) => x.reduce((sum, xi) => sum + Math.abs(xi), 0)), 0.125);
			const powers = new Float64Array(d * (degree + 1));
			for (let i = 0; i < d; i++)
				for (let b = 0; b <= degree; b++)
					for (const [l, key] of keys.entries()) powers[i * (degree + 1) + b] += weights[l] * Math.abs(key[i]) ** b;
			const moments = boundaryMoments(set, powers, 1);
			const { nodes, starts } = set.boundary;
			const sums = new Float64Array(degree + 1);
			for (let b = 0; b <= degree; b++)
				for (let at = starts[b]; at < starts[b + 1]; at++) {
					const alpha = exponentsOf(set.tree, nodes[at]);
					sums[b] += multinomial(alpha) * powerOf(query, alpha) * moments[at];
				}
			const truncated = { inner: new Float64Array(degree + 2), outer: new Float64Array(degree + 2) };
			const total = weights.reduce((sum, weight) => sum + weight, 0);
			const error = { reach, columnSum: total, weightSum: total, added: 0 };
			fillTruncated(set.boundary, { sumError: 1e-14, lostSums: 0 }, sums, error, truncated);
			const inTree = new Set(Array.from({ length: raisedSize }, (_, node) => exponentsOf(set.tree, node).join()));
			for (let k = 0; k <= degree + 1; k++) {
				let [inner, outer] = [0, 0];
				for (const alpha of allOf(d, k))
					for (const [l, x] of products.entries()) {
						const term = weights[l] * multinomial(alpha) * powerOf(x, alpha);
						if (!isInside(alpha)) inner += term;
						if (!inTree.has(alpha.join())) outer += term;
					}
				// Sums of the test itself are rounded some hundred times.
				if (k <= degree) expect(inner).toBeLessThanOrEqual(truncated.inner[k] * (1 + 1e-13));
				expect(outer).toBeLessThanOrEqual(truncated.outer[k] * (1 + 1e-13));
				if (k <= degree && inner > 0) expect(truncated.inner[k]).toBeLessThan(1e4 * inner);
				if (k <= degree && inner === 0) expect(truncated.inner[k]).toBe(0);
			}
		}
	});
});
