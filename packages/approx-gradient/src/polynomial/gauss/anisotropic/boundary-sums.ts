import type { Numbers } from "@attgrad/matrix-core";
import { FEATURES_AT_ONCE } from "../../routes/block-operations.ts";
import { levelsOf } from "../levels.ts";
import type { BoundaryMoments } from "./key-powers.ts";
import type { LayeredSet } from "./layered-set.ts";

/**
 * Σ_(|β| = b) (b!/β!) |q_j^β| S[β, x] over the boundary of an anisotropic set, for a block of queries and columns x of moments. Cost
 * O(|∂S|) a row and column.
 */
export class BoundarySums {
	/** By degree b = 0..g, columns, rows. */
	readonly byDegree: Float64Array;
	/** Columns: ones, and the squares of the form. */
	readonly columns: number;
	readonly #set: LayeredSet;
	readonly #moments: BoundaryMoments;
	readonly #part: Float64Array;

	constructor(set: LayeredSet, moments: BoundaryMoments, columns: number, blockRows: number) {
		this.#set = set;
		this.#moments = moments;
		this.columns = columns;
		this.byDegree = new Float64Array((set.tree.degree + 1) * columns * blockRows);
		this.#part = new Float64Array(blockRows);
	}

	/** Makes the sums of a block of queries from its features, in pieces of FEATURES_AT_ONCE. */
	fill(features: Numbers, count: number): void {
		const { tree, boundary } = this.#set;
		const { nodes, starts } = boundary;
		const { multiplicity } = levelsOf(tree);
		this.byDegree.fill(0, 0, (tree.degree + 1) * this.columns * count);
		for (let b = 0; b <= tree.degree; b++)
			for (let first = starts[b]; first < starts[b + 1]; first += FEATURES_AT_ONCE)
				for (let x = 0; x < this.columns; x++) {
					const part = this.#part.fill(0, 0, count);
					for (let at = first; at < Math.min(first + FEATURES_AT_ONCE, starts[b + 1]); at++) {
						const moment = multiplicity[nodes[at]] * this.#moments[at * this.columns + x];
						const from = nodes[at] * count;
						for (let j = 0; j < count; j++) part[j] += Math.abs(features[from + j]) * moment;
					}
					const to = (b * this.columns + x) * count;
					for (let j = 0; j < count; j++) this.byDegree[to + j] += part[j];
				}
	}
}
