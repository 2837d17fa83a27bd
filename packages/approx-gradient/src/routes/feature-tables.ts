import type { FeatureTree } from "../monomials/feature-tree.ts";

/**
 * Runs of siblings among nodes 1..nodes-1 of a tree that follow each other: pairs (index of the parent, number of
 * siblings), as `kernels/features.ts` reads them.
 */
export function familyTable({ parent }: FeatureTree, nodes: number): Int32Array {
	const families: number[] = [];
	for (let node = 1; node < nodes; node++)
		if (families.at(-2) === parent[node]) families[families.length - 1]!++;
		else families.push(parent[node]!, 1);
	return Int32Array.from(families);
}

/** For each node the offset in bytes of its variable's row, for rows of `rowBytes`. */
export function variableTable({ variable }: FeatureTree, nodes: number, rowBytes: number): Int32Array {
	return variable.slice(0, nodes).map((v) => v * rowBytes);
}

/** raise[α·d + b] as offsets in bytes of rows of `rowBytes`. */
export function raisedTable({ raise }: FeatureTree, rowBytes: number): Int32Array {
	return raise.map((node) => node * rowBytes);
}
