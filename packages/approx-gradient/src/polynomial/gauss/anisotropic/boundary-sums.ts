import { allocateNumbers, type Numbers } from "@attgrad/matrix-core";
import { addMoments, FEATURES_AT_ONCE } from "../../routes/block-operations.ts";
import { levelsOf } from "../levels.ts";
import type { GaussInput } from "../run/gauss-run.ts";
import { addToSquares, momentColumns } from "../run/key-columns.ts";
import type { Boundary } from "./boundary.ts";

/**
 * Sums over the boundary of an anisotropic set: Σ_l ω_l x_l |k_l^β| of the keys for the columns x = 1 and the squares of the form, and from
 * them Σ_(|β| = b) (b!/β!) |q_j^β| Σ_l ω_l x_l |k_l^β| of a block of queries. Cost O(|∂S|) a row and column.
 */
export class BoundarySums {
	/** By degree b, columns, rows. */
	readonly byDegree: Float64Array;
	/** Columns: ones, and the squares. */
	readonly columns: number;
	readonly #input: Pick<GaussInput, "problem" | "tree" | "constants">;
	readonly #boundary: Boundary;
	readonly #moments: Float64Array;
	readonly #sizes: Numbers;
	readonly #part: Float64Array;

	constructor(input: Pick<GaussInput, "problem" | "tree" | "constants">, boundary: Boundary, blockRows: number) {
		const { problem, tree, constants } = input;
		this.#input = input;
		this.#boundary = boundary;
		this.columns = momentColumns(constants) - problem.d;
		this.byDegree = new Float64Array((tree.degree + 2) * this.columns * blockRows);
		this.#moments = new Float64Array(boundary.nodes.length * this.columns);
		this.#sizes = allocateNumbers(problem.A1.dtype, boundary.nodes.length * blockRows);
		this.#part = new Float64Array(blockRows);
	}

	/** Adds a block of keys: their features, and the columns that all moments are taken against. */
	addKeys(features: Numbers, keyColumns: Numbers, count: number): void {
		const { nodes } = this.#boundary;
		const { d } = this.#input.problem;
		this.#takeSizes(features, count);
		addMoments(this.#sizes, nodes.length, keyColumns.subarray(d * count), this.columns, count, this.#moments);
	}

	/** After the last key. */
	finishKeys(): void {
		addToSquares(this.#moments, this.#input.constants, 0);
	}

	/** Makes the sums of a block of queries from its features, in pieces of FEATURES_AT_ONCE. */
	fill(features: Numbers, count: number): void {
		const { tree } = this.#input;
		const { nodes, starts } = this.#boundary;
		const { multiplicity } = levelsOf(tree);
		this.#takeSizes(features, count);
		this.byDegree.fill(0, 0, (tree.degree + 2) * this.columns * count);
		for (let b = 0; b <= tree.degree + 1; b++)
			for (let first = starts[b]; first < starts[b + 1]; first += FEATURES_AT_ONCE)
				for (let x = 0; x < this.columns; x++) {
					const part = this.#part.fill(0, 0, count);
					for (let at = first; at < Math.min(first + FEATURES_AT_ONCE, starts[b + 1]); at++) {
						const moment = multiplicity[nodes[at]] * this.#moments[at * this.columns + x];
						for (let j = 0; j < count; j++) part[j] += this.#sizes[at * count + j] * moment;
					}
					const to = (b * this.columns + x) * count;
					for (let j = 0; j < count; j++) this.byDegree[to + j] += part[j];
				}
	}

	/** |z^β| of the boundary's nodes. */
	#takeSizes(features: Numbers, count: number): void {
		for (const [at, node] of this.#boundary.nodes.entries())
			for (let j = 0; j < count; j++) this.#sizes[at * count + j] = Math.abs(features[node * count + j]);
	}
}
