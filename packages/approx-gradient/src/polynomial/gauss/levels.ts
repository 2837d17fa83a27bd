import type { FeatureTree } from "../monomials/feature-tree.ts";

/** The K⁺ monomials of a total-degree tree and its edge by degree, as sums that are kept by degree take them. */
export interface Levels {
	/** First node of degree k, k = 0..g + 1, and K⁺ at the end. */
	readonly starts: Int32Array;
	/** |α|!/α! of all K⁺ nodes. */
	readonly multiplicity: Float64Array;
}

const known = new WeakMap<FeatureTree, Levels>();

/** The levels of a total-degree tree; kept with it. Cost O(K⁺). */
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
	// How often a node's last variable ends its tuple.
	const exponent = new Int32Array(raisedSize);
	for (let k = 1; k <= degree + 1; k++)
		for (let node = starts[k]; node < starts[k + 1]; node++) {
			const up = parent[node];
			exponent[node] = up > 0 && variable[up] === variable[node] ? exponent[up] + 1 : 1;
			multiplicity[node] = (multiplicity[up] * k) / exponent[node];
		}
	if (starts[degree + 1] !== size) throw new Error("levels are for total-degree trees");
	return { starts, multiplicity };
}
