import { describe, expect, test } from "vitest";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { leafyRunTable, type RunTable, runTable } from "./feature-tables.ts";

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

describe.each<[string, FeatureTree]>([
	["one variable", totalDegreeTree(1, 9)],
	["few variables", totalDegreeTree(4, 6)],
	["many nodes of a degree", totalDegreeTree(8, 5)],
	["another set", downwardClosedTree(staircase)],
])("runs of %s", (_, tree) => {
	const triples = ({ triples: table }: RunTable) =>
		Array.from(
			{ length: table.length / 3 },
			(_, at) => [table[3 * at]!, table[3 * at + 1]!, table[3 * at + 2]!] as const,
		);
	const sizes = [tree.size, tree.raisedSize];

	test.each(sizes)("make every node of its parent by its variable, no parent in its own run (%i)", (nodes) => {
		for (const table of [runTable(tree, nodes), runTable(tree, nodes, 2), leafyRunTable(tree, nodes)]) {
			let node = 1;
			for (const [variable, first, length] of triples(table)) {
				expect(first + length).toBeLessThanOrEqual(node);
				for (let i = 0; i < length; i++, node++)
					expect([tree.variable[node], tree.parent[node]]).toEqual([variable, first + i]);
			}
			expect(node).toBe(nodes);
		}
	});

	test.each(sizes)("leave apart at the end only nodes that are nobody's parent, in long runs (%i)", (nodes) => {
		const parents = new Set(tree.parent.subarray(1, nodes));
		const table = runTable(tree, nodes, 2);
		const all = triples(table);
		expect(all).toHaveLength(table.runs + table.leafRuns);
		expect(all.slice(0, table.runs).reduce((sum, [, , length]) => sum + length, 1)).toBe(table.made);
		for (const [, , length] of all.slice(table.runs)) expect(length).toBeGreaterThanOrEqual(2);
		for (let node = table.made; node < nodes; node++) expect(parents.has(node)).toBe(false);
		expect(runTable(tree, nodes)).toMatchObject({ made: nodes, leafRuns: 0 });
	});
});

test("total degree makes a run for each degree and variable, none longer than 48 nodes but those of leaves", () => {
	const tree = totalDegreeTree(8, 5);
	const lengths = runTable(tree, tree.size).triples.filter((_, at) => at % 3 === 2);
	expect(Math.max(...lengths)).toBeLessThanOrEqual(48);
	expect(leafyRunTable(totalDegreeTree(4, 5), 126).triples.length / 3).toBe(4 * 5);
});

test("leaves of the highest degree are apart where their runs are long", () => {
	// Degree 6 in 4 variables: runs of 1, 6, 21, 56 leaves.
	expect(leafyRunTable(totalDegreeTree(4, 6), 210)).toMatchObject({ made: 210 - 21 - 56, leafRuns: 2 });
	expect(leafyRunTable(totalDegreeTree(2, 6), 28)).toMatchObject({ made: 28 - 6, leafRuns: 1 });
	expect(leafyRunTable(totalDegreeTree(1, 9), 10)).toMatchObject({ made: 10, leafRuns: 0 });
});
