import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";

/** The monomials of a block of rows, node by node: number α of row j is at α · count + j. */
export class MonomialBlock {
	readonly tree: FeatureTree;
	readonly values: Float64Array;
	/** The rows themselves, coordinate by coordinate. */
	readonly rows: Float64Array;

	/** @param most the most rows of a block */
	constructor(tree: FeatureTree, most: number) {
		this.tree = tree;
		this.values = new Float64Array(tree.raisedSize * most);
		this.rows = new Float64Array(tree.d * most);
	}

	/** Makes the monomials of rows from..from+count-1 of width d, with 0 for rows that are not kept. Cost O(K⁺ count). */
	fill(source: Float64Array, from: number, count: number, kept?: Uint8Array): void {
		const { d, raisedSize, parent, variable } = this.tree;
		const { values, rows } = this;
		for (let j = 0; j < count; j++)
			for (let b = 0; b < d; b++) rows[b * count + j] = kept?.[from + j] === 0 ? 0 : source[(from + j) * d + b];
		values.fill(1, 0, count);
		for (let node = 1, at = count; node < raisedSize; node++) {
			let [above, row] = [parent[node] * count, variable[node] * count];
			for (let j = 0; j < count; j++) values[at++] = values[above++] * rows[row++];
		}
	}

	/** Adds Σ_j monomial_α(j) columns_i(j) to into[α · width + i] for the nodes before `nodes`. */
	addMoments(columns: Float64Array, width: number, count: number, into: Float64Array, nodes: number): void {
		const { values } = this;
		for (let node = 0; node < nodes; node++)
			for (let i = 0; i < width; i++) {
				let [sum, at, column] = [0, node * count, i * count];
				for (let j = 0; j < count; j++) sum += values[at++] * columns[column++];
				into[node * width + i] += sum;
			}
	}
}

/** |α|!/α! of every node, those of the edge included. */
export function multiplicities({
	raisedSize,
	size,
	parent,
	variable,
	multiplicity,
	levels,
}: FeatureTree): Float64Array {
	const all = new Float64Array(raisedSize);
	all.set(multiplicity);
	const degree = levels.length - 1;
	for (let node = size; node < raisedSize; node++) {
		let exponent = 1;
		for (let at = parent[node]; at > 0 && variable[at] === variable[node]; at = parent[at]) exponent++;
		all[node] = (all[parent[node]] * degree) / exponent;
	}
	return all;
}
