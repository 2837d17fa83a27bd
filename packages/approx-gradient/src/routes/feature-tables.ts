import type { FeatureTree } from "../monomials/feature-tree.ts";

/** Nodes of a run at most: each sums up by itself, so that sums of K terms err by about this plus K over it. */
const LONGEST_RUN = 192;

/**
 * Runs of nodes among 1..nodes-1 of a tree that are made, by one variable, of parents that follow each other: triples (variable,
 * first parent, length), as `kernels/features.ts` reads them.
 */
export function runTable({ parent, variable }: FeatureTree, nodes: number): Int32Array {
	const runs: number[] = [];
	let start = 0;
	for (let node = 1; node < nodes; node++) {
		const [v, first, length] = runs.slice(-3) as [number?, number?, number?];
		const follows = v === variable[node] && first! + length! === parent[node];
		// A parent inside the run would be read before it is done on the way back.
		if (follows && parent[node]! < start && length! < LONGEST_RUN) runs[runs.length - 1]!++;
		else {
			runs.push(variable[node]!, parent[node]!, 1);
			start = node;
		}
	}
	return Int32Array.from(runs);
}

/** raise[α·d + b] as offsets in bytes of rows of `rowBytes`. */
export function raisedTable({ raise }: FeatureTree, rowBytes: number): Int32Array {
	return raise.map((node) => node * rowBytes);
}
