import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import { type Chunks, chunksOver, isConstant } from "./chunks.ts";
import { MonomialBlock, multiplicities } from "./core/monomials.ts";
import { SlidingFold, sum } from "./core/sliding-fold.ts";
import type { Part } from "./part.ts";
import type { PartResults } from "./part-results.ts";
import type { QueryStates } from "./query-sweep.ts";

/**
 * The sweep over the keys of a part from last to first (backward.md A2): sums over the queries that have a key chunk in their core,
 * and what they add to dK and dV. Sums come in two kinds: with the weights of P, and with those one degree on.
 */
export class KeySweep {
	readonly #part: Part;
	readonly #chunks: Chunks;
	readonly #tree: FeatureTree;
	readonly #states: QueryStates;
	readonly #results: PartResults;
	readonly #weights: Float64Array;
	readonly #block: MonomialBlock;
	readonly #moments: SlidingFold;
	readonly #columns: Float64Array;
	readonly #products: Float64Array;

	constructor(part: Part, chunks: Chunks, tree: FeatureTree, states: QueryStates, results: PartResults) {
		[this.#part, this.#chunks, this.#tree, this.#states, this.#results] = [part, chunks, tree, states, results];
		this.#weights = multiplicities(tree);
		this.#block = new MonomialBlock(tree, chunks.size);
		this.#moments = new SlidingFold(2 * tree.raisedSize * (part.d_v + 1), sum, !isConstant(chunks.last));
		this.#columns = new Float64Array((part.d_v + 1) * chunks.size);
		this.#products = new Float64Array(tree.raisedSize * chunks.size);
	}

	/** Computes key chunk e. Chunks are to come from last to first. */
	run(e: number): void {
		const { queryChunks, size, keys } = this.#chunks;
		const { from, to } = chunksOver(this.#chunks, e);
		if (from >= to) return;
		this.#moments.move(queryChunks - to, queryChunks - from, (turned, into) =>
			this.#addQueries(queryChunks - 1 - turned, into),
		);
		this.#addGradients(e * size, Math.min(keys, (e + 1) * size) - e * size);
	}

	/** Σ_j a_|α| q_j^α c'_j, and behind it Σ_j a_|β|-1 q_j^β c'_j. */
	#addQueries(c: number, into: Float64Array): void {
		const { group, queries, d_v, q } = this.#part;
		const { levels, raisedSize, degree } = this.#tree;
		const { coefficients, cotangents, served } = this.#states;
		const from = c * this.#chunks.size;
		const count = Math.min(queries, from + this.#chunks.size) - from;
		const width = d_v + 1;
		const { values } = this.#block;
		for (let head = 0; head < group; head++) {
			const row = head * queries + from;
			this.#block.fill(q, row, count, served);
			for (let k = 0; k <= degree; k++) {
				for (let j = 0; j < count; j++)
					for (let i = 0; i < width; i++)
						this.#columns[i * count + j] =
							coefficients[(row + j) * (degree + 1) + k] * cotangents[(row + j) * width + i];
				for (const [shift, offset] of [
					[0, 0],
					[1, raisedSize * width],
				]) {
					const end = k + shift + 1 < levels.length ? levels[k + shift + 1] : raisedSize;
					for (let node = levels[k + shift]; node < end; node++)
						for (let i = 0; i < width; i++) {
							let [sum, at, column] = [0, node * count, i * count];
							for (let j = 0; j < count; j++) sum += values[at++] * this.#columns[column++];
							into[offset + node * width + i] += sum;
						}
				}
			}
		}
	}

	/** dV_l += ω Σ w k^α M0, dK_l += ω Σ w k^α (t1_up(α, b) + ν_b t0_α) with t = M (v, 1). */
	#addGradients(from: number, count: number): void {
		const { d, d_v, k, v, omega, nu } = this.#part;
		const { size, raisedSize, raise } = this.#tree;
		const { dK, dV } = this.#results;
		const moments = this.#moments.value;
		const width = d_v + 1;
		const [columns, t] = [this.#columns, this.#products];
		const { values } = this.#block;
		for (let j = 0; j < count; j++) {
			for (let i = 0; i < d_v; i++) columns[i * count + j] = v[(from + j) * d_v + i];
			columns[d_v * count + j] = 1;
		}
		this.#block.fill(k, from, count);
		multiply(moments.subarray(raisedSize * width), columns, width, count, raisedSize, t);
		const weighted = new Float64Array(count);
		const [keySums, valueSums, own] = [
			new Float64Array(d * count),
			new Float64Array(d_v * count),
			new Float64Array(count),
		];
		for (let node = 0; node < size; node++) {
			const multiplicity = this.#weights[node];
			for (let j = 0; j < count; j++) weighted[j] = multiplicity * values[node * count + j];
			for (let b = 0; b < d; b++) {
				let at = raise[node * d + b] * count;
				for (let j = 0; j < count; j++) keySums[b * count + j] += weighted[j] * t[at++];
			}
			for (let i = 0; i < d_v; i++) {
				const moment = moments[node * width + i];
				for (let j = 0; j < count; j++) valueSums[i * count + j] += weighted[j] * moment;
			}
			for (let i = 0; i < width; i++) {
				const moment = moments[node * width + i];
				for (let j = 0; j < count; j++) own[j] += weighted[j] * moment * columns[i * count + j];
			}
		}
		for (let j = 0; j < count; j++) {
			const weight = omega[from + j];
			for (let b = 0; b < d; b++) dK[(from + j) * d + b] += weight * (keySums[b * count + j] + nu[b] * own[j]);
			for (let i = 0; i < d_v; i++) dV[(from + j) * d_v + i] += weight * valueSums[i * count + j];
		}
	}
}

/** t_node = Σ_i moments_node,i columns_i for a block. */
function multiply(
	moments: Float64Array,
	columns: Float64Array,
	width: number,
	count: number,
	nodes: number,
	t: Float64Array,
): void {
	t.fill(0);
	for (let node = 0; node < nodes; node++)
		for (let i = 0; i < width; i++) {
			const factor = moments[node * width + i];
			let [into, column] = [node * count, i * count];
			for (let j = 0; j < count; j++) t[into++] += factor * columns[column++];
		}
}
