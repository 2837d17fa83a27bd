import { UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { downwardClosedTree } from "./downward-closed.ts";
import { countMonomials, type FeatureTree, featureWeights } from "./feature-tree.ts";
import { keptTotalDegreeTree, totalDegreeTree } from "./total-degree.ts";

/** Exponents of every node, from parents and variables. */
function exponentsOf({ d, raisedSize, parent, variable }: FeatureTree): number[][] {
	const made: number[][] = [Array.from({ length: d }, () => 0)];
	for (let node = 1; node < raisedSize; node++) {
		expect(parent[node]).toBeLessThan(node);
		made.push(made[parent[node]].map((a, b) => (b === variable[node] ? a + 1 : a)));
	}
	return made;
}

const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
const degreeOf = (alpha: readonly number[]): number => alpha.reduce((sum, a) => sum + a, 0);

/** Downward closures of a few random corners. */
const anySet = fc
	.record({
		d: fc.integer({ min: 1, max: 4 }),
		corners: fc.array(fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
	})
	.map(({ d, corners }) => {
		const found = new Map<string, number[]>();
		const below = (alpha: number[]): void => {
			if (found.has(alpha.join())) return;
			found.set(alpha.join(), alpha);
			for (const i of alpha.keys()) if (alpha[i] > 0) below(alpha.map((x, b) => (b === i ? x - 1 : x)));
		};
		for (const corner of corners) below(corner.slice(0, d));
		return [...found.values()];
	});

const trees: { name: string; arbitrary: fc.Arbitrary<FeatureTree> }[] = [
	{
		name: "total degree",
		arbitrary: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(5)).map(([d, degree]) => totalDegreeTree(d, degree)),
	},
	{ name: "any downward-closed set", arbitrary: anySet.map((set) => downwardClosedTree(set)) },
];

describe.each(trees)("$name", ({ arbitrary }) => {
	test("parents come first and all nodes are different", () => {
		fc.assert(
			fc.property(arbitrary, (tree) => {
				const exponents = exponentsOf(tree);
				expect(new Set(exponents.map((alpha) => alpha.join())).size).toBe(tree.raisedSize);
			}),
		);
	});

	test("degrees are prefixes of the set, and the edge follows it", () => {
		fc.assert(
			fc.property(arbitrary, (tree) => {
				const degrees = exponentsOf(tree).map(degreeOf);
				for (let k = 0; k <= tree.degree; k++)
					for (let node = tree.levels[k]; node < tree.levels[k + 1]; node++) expect(degrees[node]).toBe(k);
				expect(tree.levels[tree.degree + 1]).toBe(tree.size);
			}),
		);
	});

	test("raise[α, b] is α + e_b, multiplicity is |α|!/α!", () => {
		fc.assert(
			fc.property(arbitrary, (tree) => {
				const exponents = exponentsOf(tree);
				for (let node = 0; node < tree.size; node++) {
					const alpha = exponents[node];
					const expected = factorial(degreeOf(alpha)) / alpha.reduce((product, a) => product * factorial(a), 1);
					expect(tree.multiplicity[node]).toBe(expected);
					for (let b = 0; b < tree.d; b++)
						expect(exponents[tree.raise[node * tree.d + b]]).toEqual(alpha.map((a, i) => (i === b ? a + 1 : a)));
				}
			}),
		);
	});
});

test("K is C(d + g, g), known before anything is built", () => {
	expect(countMonomials(4, 9)).toBe(715);
	expect(countMonomials(12, 10)).toBe(646646);
	expect(countMonomials(3, 0)).toBe(1);
	expect(countMonomials(100, 100)).toBe(Number.POSITIVE_INFINITY);
	const tree = totalDegreeTree(3, 4);
	expect([tree.size, tree.raisedSize]).toEqual([35, 56]);
});

test("the total-degree set as a set gives the same tree", () => {
	const whole = totalDegreeTree(3, 4);
	const set = exponentsOf(whole).slice(0, whole.size).reverse();
	expect(downwardClosedTree(set)).toEqual(whole);
});

test("weights are a_|α| times multiplicity, for a polynomial of lower degree a prefix", () => {
	const tree = totalDegreeTree(2, 3);
	expect([...featureWeights(tree, Float64Array.of(1, 10, 100))]).toEqual([1, 10, 10, 100, 200, 100]);
});

test("a tree larger than memory is refused, naming K and the bytes", () => {
	const act = () => totalDegreeTree(20, 20);
	expect(act).toThrow(UsageError);
	expect(act).toThrow(/137846528820 features need \d+ bytes/);
	expect(() => totalDegreeTree(4, 6, 1000)).toThrow(/210 features need \d+ bytes/);
});

test("a set that is empty, has a monomial twice or is not downward closed is refused", () => {
	expect(() => downwardClosedTree([])).toThrow("empty");
	expect(() => downwardClosedTree([[0], [1], [1]])).toThrow("twice");
	expect(() =>
		downwardClosedTree([
			[0, 0],
			[1, 1],
			[1, 0],
		]),
	).toThrow("not downward closed at (1, 1)");
});

test("trees that were used last are given again, others and large ones are made anew, all alike", () => {
	const tree = keptTotalDegreeTree(3, 4);
	expect(tree).toEqual(totalDegreeTree(3, 4));
	for (let degree = 5; degree < 12; degree++) keptTotalDegreeTree(3, degree);
	expect(keptTotalDegreeTree(3, 4)).toBe(tree);
	for (let degree = 5; degree < 13; degree++) keptTotalDegreeTree(3, degree);
	expect(keptTotalDegreeTree(3, 4)).not.toBe(tree);
	expect(keptTotalDegreeTree(8, 9)).not.toBe(keptTotalDegreeTree(8, 9));
});
