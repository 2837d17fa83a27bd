import type { FeatureTree } from "../../monomials/feature-tree.ts";

/** The exponents of a tree's node. */
export function exponentsOf(
	{ d, parent, variable }: Pick<FeatureTree, "d" | "parent" | "variable">,
	node: number,
): number[] {
	const alpha = new Array<number>(d).fill(0);
	for (let at = node; at > 0; at = parent[at]) alpha[variable[at]]++;
	return alpha;
}
