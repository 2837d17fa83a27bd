import { describe, expect, test } from "vitest";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { productTable, type RunTable, runTable } from "./feature-tables.ts";

const staircase = [
	[0, 0, 0],
	[1, 0, 0],
	[2, 0, 0],
	[3, 0, 0],
	[0, 1, 0],
	[1, 1, 0],
	[0, 0, 1],
	[0, 0, 2],
	[1, 0, 1],
];

/** α of a node. */
function exponents({ d, parent, variable }: FeatureTree, node: number): number[] {
	const alpha = new Array<number>(d).fill(0);
	for (let at = node; at > 0; at = parent[at]) alpha[variable[at]]++;
	return alpha;
}

const triplesOf = ({ triples }: RunTable) =>
	Array.from(
		{ length: triples.length / 3 },
		(_, at) => [triples[3 * at], triples[3 * at + 1], triples[3 * at + 2]] as const,
	);

describe.each<[string, FeatureTree]>([
	["one variable", totalDegreeTree(1, 9)],
	["a constant", totalDegreeTree(3, 0)],
	["two variables", totalDegreeTree(2, 11)],
	["few variables", totalDegreeTree(4, 6)],
	["many nodes of a degree", totalDegreeTree(8, 5)],
	["another set", downwardClosedTree(staircase)],
	["a set without the last variable", downwardClosedTree(staircase.filter((alpha) => alpha[2] === 0))],
	["powers of the last variable that go with few others", downwardClosedTree(comb())],
])("tables of %s", (_, tree) => {
	const cases = [tree.size, tree.raisedSize].flatMap((nodes) => [
		[nodes, runTable(tree, nodes)] as const,
		[nodes, productTable(tree, nodes)] as const,
	]);

	test.each(cases)("have every one of %i nodes once, the constant first", (nodes, { order }) => {
		expect(order[0]).toBe(0);
		expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: nodes }, (__, node) => node));
	});

	test("have at most degree + d runs of products, as certificates count", () => {
		expect(productTable(tree, tree.size).products).toBeLessThanOrEqual(tree.degree + tree.d);
	});

	test.each(cases)("make each of %i nodes of a factor and a parent of features made before its run", (nodes, table) => {
		const { order, made, runs, products } = table;
		const all = triplesOf(table);
		expect(all).toHaveLength(runs + products);
		let place = 1;
		all.forEach(([factor, first, length], run) => {
			if (run === runs) expect(place).toBe(made);
			const before = run < runs ? place : made;
			expect(factor).toBeGreaterThanOrEqual(-tree.d);
			expect(factor).toBeLessThan(before);
			expect(first + length).toBeLessThanOrEqual(before);
			for (let i = 0; i < length; i++, place++) {
				const alpha = exponents(tree, order[first + i]);
				if (factor < 0) alpha[tree.d + factor]++;
				else
					exponents(tree, order[factor]).forEach((power, b) => {
						alpha[b] += power;
					});
				expect(exponents(tree, order[place])).toEqual(alpha);
			}
		});
		expect(place).toBe(nodes);
	});
});

/** z₀^a z₁^b with a + b <= 40, and with z₂^c for c up to 12 where a + b <= 1. */
function comb(): number[][] {
	const set: number[][] = [];
	for (let a = 0; a <= 40; a++)
		for (let b = 0; a + b <= 40; b++) for (let c = 0; c <= (a + b <= 1 ? 12 : 0); c++) set.push([a, b, c]);
	return set;
}

test("a table without products makes every node in the tree's order", () => {
	const tree = totalDegreeTree(4, 5);
	expect(runTable(tree, tree.size)).toMatchObject({ made: 126, products: 0 });
	expect([...runTable(tree, tree.size).order]).toEqual(Array.from({ length: 126 }, (_, node) => node));
});

test("runs that features are made of have at most 48 nodes, products more", () => {
	const table = productTable(totalDegreeTree(8, 5), 1287);
	const lengths = triplesOf(table).map(([, , length]) => length);
	expect(Math.max(...lengths.slice(0, table.runs))).toBe(48);
	expect(Math.min(...lengths.slice(table.runs))).toBeGreaterThan(2 * 8);
});

test("features are made of the monomials without the last variable, its powers and what would be short runs", () => {
	// In 3 variables 84 monomials, of which 21 of degree 6 are a run; 6 powers; z₃⁴ times 9 others makes a run, z₃⁵ times 3 does not.
	expect(productTable(totalDegreeTree(4, 6), 210)).toMatchObject({ made: 84 - 21 + 6 + 3, products: 5 });
	expect(productTable(totalDegreeTree(8, 6), 3003).made).toBeLessThan(3003 / 3);
	expect(productTable(totalDegreeTree(1, 9), 10)).toMatchObject({ made: 10, products: 0, runs: 5 });
});
