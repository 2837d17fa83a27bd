import type { FeatureTree } from "../../monomials/feature-tree.ts";
import { levelsOf } from "../levels.ts";

/**
 * The minimal monomials ∂S outside a downward-closed set S: those all of whose divisors are in S. Each monomial outside S is one of them
 * times another monomial, so that with x_i = q_i k_i and Σ |x_i| <= R
 *
 *     Σ_(α ∉ S, |α| = k) |x^α| k!/α! <= Σ_(β ∈ ∂S, |β| <= k) C(k, |β|) |x^β| (|β|!/β!) R^(k - |β|)
 *
 * (paper.md 14.4). A part of the tree's edge.
 */
export interface Boundary {
	/** Nodes of the tree, by degree. */
	readonly nodes: Int32Array;
	/** Where degree b begins in `nodes`, b = 0..g + 1, and their number at the end. */
	readonly starts: Int32Array;
}

/** The boundary of a tree's set. Cost O(K⁺ d). */
export function boundaryOf(tree: FeatureTree): Boundary {
	const { d, degree, size, raisedSize, raise } = tree;
	// A node of the edge has as many variables as monomials below it, and those in S raise to it.
	const below = new Int32Array(raisedSize);
	for (let at = 0; at < size * d; at++) below[raise[at]]++;
	const { edge } = levelsOf(tree);
	const starts = new Int32Array(degree + 3);
	const nodes: number[] = [];
	for (let b = 0; b <= degree + 1; b++) {
		for (let node = edge[b]; node < edge[b + 1]; node++) if (below[node] === variablesOf(tree, node)) nodes.push(node);
		starts[b + 1] = nodes.length;
	}
	return { nodes: Int32Array.from(nodes), starts };
}

/** The number of variables that a node's monomial has; they come in order. */
function variablesOf({ parent, variable }: FeatureTree, node: number): number {
	let count = 0;
	for (let at = node, last = -1; at > 0; at = parent[at])
		if (variable[at] !== last) {
			last = variable[at];
			count++;
		}
	return count;
}
