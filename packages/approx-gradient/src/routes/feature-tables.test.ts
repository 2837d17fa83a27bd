import { describe, expect, test } from "vitest";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { runTable } from "./feature-tables.ts";

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
	const triples = (nodes: number) => {
		const table = runTable(tree, nodes);
		return Array.from(
			{ length: table.length / 3 },
			(_, at) => [table[3 * at]!, table[3 * at + 1]!, table[3 * at + 2]!] as const,
		);
	};

	test.each([tree.size, tree.raisedSize])(
		"make every node of its parent by its variable, no parent in its own run (%i)",
		(nodes) => {
			let node = 1;
			for (const [variable, first, length] of triples(nodes)) {
				expect(first + length).toBeLessThanOrEqual(node);
				for (let i = 0; i < length; i++, node++)
					expect([tree.variable[node], tree.parent[node]]).toEqual([variable, first + i]);
			}
			expect(node).toBe(nodes);
		},
	);
});

test("total degree makes a run for each degree and variable, none longer than 192 nodes", () => {
	const tree = totalDegreeTree(8, 5);
	const lengths = Array.from(runTable(tree, tree.size)).filter((_, at) => at % 3 === 2);
	expect(Math.max(...lengths)).toBeLessThanOrEqual(192);
	expect(runTable(totalDegreeTree(4, 6), 210).length / 3).toBe(4 * 6);
});
