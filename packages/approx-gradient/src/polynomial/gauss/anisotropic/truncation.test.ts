import { seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { countMonomials, type FeatureTree } from "../../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { boundaryOf } from "./boundary.ts";
import { heaviestMonomials } from "./monomial-set.ts";
import { fillTruncated } from "./truncation.ts";

/** The exponents of a node. */
function exponentsOf({ d, parent, variable }: FeatureTree, node: number): number[] {
	const alpha = new Array<number>(d).fill(0);
	for (let at = node; at > 0; at = parent[at]) alpha[variable[at]]++;
	return alpha;
}

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

/** A random set: few monomials in some coordinates, many in others. */
function randomSet(d: number, degree: number): FeatureTree {
	const spreads = Array.from({ length: d }, () => random.uniform(0, 4));
	const weights = spreads.map((spread) => Float64Array.from({ length: degree + 1 }, (_, a) => -a * spread));
	const tree = heaviestMonomials(weights, degree, -random.uniform(0.5, 8), 1e5);
	if (!tree) throw new Error("a set of a test is too large");
	return tree;
}

describe("the boundary of a set of monomials", () => {
	it("is made of its minimal monomials outside", () => {
		for (let trial = 0; trial < 40; trial++) {
			const tree = randomSet(random.integer(1, 4), random.integer(0, 6));
			const inside = new Set(Array.from({ length: tree.size }, (_, node) => exponentsOf(tree, node).join()));
			const found = new Set(Array.from(boundaryOf(tree).nodes, (node) => exponentsOf(tree, node).join()));
			const wanted = new Set<string>();
			for (let k = 0; k <= tree.degree + 1; k++)
				for (const alpha of allOf(tree.d, k)) {
					const below = alpha.flatMap((a, i) => (a > 0 ? [alpha.map((b, at) => (at === i ? b - 1 : b))] : []));
					if (!inside.has(alpha.join()) && below.every((beta) => inside.has(beta.join()))) wanted.add(alpha.join());
				}
			expect(found).toEqual(wanted);
		}
	});

	it("is the whole edge of a total-degree set, which leaves no power sum out", () => {
		const tree = keptTotalDegreeTree(3, 4);
		const { nodes, starts } = boundaryOf(tree);
		expect(nodes.length).toBe(countMonomials(3, 5) - countMonomials(3, 4));
		expect(starts[5]).toBe(0);
	});
});

describe("truncated sums", () => {
	it("bound the sums of all monomials outside a set, and outside the set and its edge", () => {
		for (let trial = 0; trial < 60; trial++) {
			const tree = randomSet(random.integer(1, 3), random.integer(0, 5));
			const { d, degree, size, raisedSize } = tree;
			const sizes = Array.from({ length: d }, () => 10 ** random.uniform(-2, 0.3));
			const keys = Array.from({ length: 5 }, () => sizes.map((s) => s * random.uniform(-1, 1)));
			const weights = keys.map(() => random.uniform());
			const reach = Math.max(...keys.map((x) => x.reduce((sum, xi) => sum + Math.abs(xi), 0)), 0.125);
			const boundary = boundaryOf(tree);
			const sums = new Float64Array(degree + 2);
			for (let b = 0; b <= degree + 1; b++)
				for (const node of boundary.nodes.subarray(boundary.starts[b], boundary.starts[b + 1])) {
					const alpha = exponentsOf(tree, node);
					for (const [l, x] of keys.entries()) sums[b] += weights[l] * multinomial(alpha) * powerOf(x, alpha);
				}
			const truncated = { terms: new Float64Array(degree + 2), powers: new Float64Array(degree + 2) };
			const total = weights.reduce((sum, weight) => sum + weight, 0);
			const constants = { sumError: 1e-14, lostSums: 0 } as ErrorConstants;
			fillTruncated(boundary, constants, sums, { reach, columnSum: total, weightSum: total, added: 0 }, truncated);
			const nodes = Array.from({ length: raisedSize }, (_, node) => exponentsOf(tree, node).join());
			for (const [bound, kept] of [
				[truncated.terms, new Set(nodes.slice(0, size))],
				[truncated.powers, new Set(nodes)],
			] as const)
				for (let k = 0; k <= degree + 1; k++) {
					let left = 0;
					for (const alpha of allOf(d, k))
						if (!kept.has(alpha.join()))
							for (const [l, x] of keys.entries()) left += weights[l] * multinomial(alpha) * powerOf(x, alpha);
					// Sums of the test itself are rounded some hundred times.
					expect(left).toBeLessThanOrEqual(bound[k] * (1 + 1e-13));
					if (left === 0 && k <= degree) continue;
					if (kept.size === size) expect(bound[k]).toBeLessThan(1e4 * left);
				}
		}
	});
});
