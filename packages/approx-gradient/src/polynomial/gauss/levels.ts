import type { FeatureTree } from "../monomials/feature-tree.ts";

/** The K⁺ monomials of a tree and its edge by degree, as sums that are kept by degree take them. */
export interface Levels {
	/** First node of degree k in the set, k = 0..g, then K, the first of the edge, and K⁺: for total degree the edge is degree g + 1. */
	readonly starts: Int32Array;
	/** First node of degree k in the edge, k = 0..g + 1, and K⁺ at the end. */
	readonly edge: Int32Array;
	/** |α|!/α! of all K⁺ nodes. */
	readonly multiplicity: Float64Array;
}

const known = new WeakMap<FeatureTree, Levels>();

/** The levels of a tree; kept with it. Cost O(K⁺). */
export function levelsOf(tree: FeatureTree): Levels {
	const levels = known.get(tree) ?? makeLevels(tree);
	known.set(tree, levels);
	return levels;
}

function makeLevels({ degree, size, raisedSize, parent, variable, levels }: FeatureTree): Levels {
	const starts = new Int32Array(degree + 3);
	starts.set(levels);
	starts[degree + 2] = raisedSize;
	const multiplicity = new Float64Array(raisedSize).fill(1);
	// Degree of a node, and how often its last variable ends its tuple.
	const degrees = new Int32Array(raisedSize);
	const exponent = new Int32Array(raisedSize);
	const edge = new Int32Array(degree + 3).fill(size);
	for (let node = 1; node < raisedSize; node++) {
		const up = parent[node];
		const k = degrees[up] + 1;
		degrees[node] = k;
		exponent[node] = up > 0 && variable[up] === variable[node] ? exponent[up] + 1 : 1;
		multiplicity[node] = (multiplicity[up] * k) / exponent[node];
		if (node >= size) edge.fill(node + 1, k + 1);
	}
	return { starts, edge, multiplicity };
}
