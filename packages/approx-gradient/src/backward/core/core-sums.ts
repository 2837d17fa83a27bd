import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";
import { type Chunks, isConstant } from "../chunks.ts";
import { largestLength, normAt, type Part, readLargest } from "../part.ts";
import { MonomialBlock, multiplicities } from "./monomials.ts";
import { largest, SlidingFold, sum } from "./sliding-fold.ts";

/**
 * Sums over the keys of a core, the chunks that a chunk of queries sees whole: moments of monomials against values and squares, the
 * largest sizes, and from them sums by degree for rows of queries.
 */
export class CoreSums {
	readonly #part: Part;
	readonly #chunks: Chunks;
	readonly #tree: FeatureTree;
	readonly #weights: Float64Array;
	/** Columns of the sums: values, 1, ‖v‖², ‖k‖². */
	readonly width: number;
	/** Of the rows last read: each degree, column and row. */
	readonly byDegree: Float64Array;
	readonly #block: MonomialBlock;
	readonly #columns: Float64Array;
	readonly #moments: SlidingFold;
	readonly #largest: SlidingFold;
	readonly #products: Float64Array;

	constructor(part: Part, chunks: Chunks, tree: FeatureTree) {
		const { size } = chunks;
		const { degree, raisedSize } = tree;
		[this.#part, this.#chunks, this.#tree] = [part, chunks, tree];
		this.#weights = multiplicities(tree);
		this.width = part.d_v + 3;
		this.#block = new MonomialBlock(tree, size);
		this.#columns = new Float64Array(this.width * size);
		const keep = !isConstant(chunks.first);
		this.#moments = new SlidingFold(raisedSize * this.width, sum, keep);
		this.#largest = new SlidingFold(largestLength(part), largest, keep);
		this.byDegree = new Float64Array((degree + 2) * this.width * size);
		this.#products = new Float64Array(raisedSize * size);
	}

	/** Largest |k_b|, |v_i|, ‖k‖, ‖v‖, ω of the core. */
	get largest(): Float64Array {
		return this.#largest.value;
	}

	/** Makes chunks first..last-1 of keys the core. Neither may go back. */
	move(first: number, last: number): void {
		const { size, keys } = this.#chunks;
		this.#moments.move(first, last, (chunk, into) => this.#addKeys(chunk, into));
		this.#largest.move(first, last, (chunk, into) =>
			readLargest(this.#part, chunk * size, Math.min(keys, (chunk + 1) * size), into),
		);
	}

	/** Reads `count` rows of queries from `first` on and makes their sums by degree. */
	read(first: number, count: number): void {
		this.#block.fill(this.#part.q, first, count);
		this.#sumByDegree(count);
	}

	#addKeys(chunk: number, into: Float64Array): void {
		const { k, v, d, d_v, keys, omega } = this.#part;
		const from = chunk * this.#chunks.size;
		const count = Math.min(keys, from + this.#chunks.size) - from;
		const columns = this.#columns;
		for (let j = 0; j < count; j++) {
			let [values, squares] = [0, 0];
			const weight = omega[from + j];
			for (let i = 0; i < d_v; i++) {
				const x = v[(from + j) * d_v + i];
				columns[i * count + j] = weight * x;
				values += x * x;
			}
			for (let b = 0; b < d; b++) squares += k[(from + j) * d + b] ** 2;
			columns[d_v * count + j] = weight;
			columns[(d_v + 1) * count + j] = weight * values;
			columns[(d_v + 2) * count + j] = weight * squares;
		}
		this.#block.fill(k, from, count);
		this.#block.addMoments(columns, this.width, count, into, this.#tree.raisedSize);
	}

	/** N_k = Σ_{|α| = k} multiplicity q^α S_α: of each degree, column and row. */
	#sumByDegree(count: number): void {
		const width = this.width;
		const { values } = this.#block;
		const { levels, raisedSize } = this.#tree;
		const moments = this.#moments.value;
		const N = this.byDegree;
		N.fill(0);
		for (let k = 0; k < levels.length; k++) {
			const end = k + 1 < levels.length ? levels[k + 1] : raisedSize;
			for (let node = levels[k]; node < end; node++)
				for (let i = 0; i < width; i++) {
					const factor = this.#weights[node] * moments[node * width + i];
					let [into, from] = [(k * width + i) * count, node * count];
					for (let j = 0; j < count; j++) N[into++] += factor * values[from++];
				}
		}
	}

	/** The radius of a row over the core: at least every |score|, and every sum of |q_b k_b|. */
	reach(row: number): number {
		const { q, d, d_v } = this.#part;
		const most = this.#largest.value;
		let reach = 0;
		for (let b = 0; b < d; b++) reach += Math.abs(q[row * d + b]) * most[b];
		return Math.min(reach, normAt(q, row, d) * most[d + d_v]) * (1 + 1e-12) + 1e-300;
	}

	/** Σ_α a_|α| multiplicity q^α t_{up(α, b)} with t = S c' of the rows last read, d x count. */
	queryGradients(coefficients: Float64Array, cotangents: Float64Array, count: number): Float64Array {
		const { d, d_v } = this.#part;
		const { raisedSize, raise, levels } = this.#tree;
		const [t, S, width] = [this.#products, this.#moments.value, this.width];
		const { values } = this.#block;
		t.fill(0);
		for (let node = 0; node < raisedSize; node++)
			for (let i = 0; i <= d_v; i++) {
				const factor = S[node * width + i];
				let [into, from] = [node * count, i * count];
				for (let j = 0; j < count; j++) t[into++] += factor * cotangents[from++];
			}
		const weighted = new Float64Array(count);
		const sums = new Float64Array(d * count);
		for (let k = 0; k + 1 < levels.length; k++)
			for (let node = levels[k]; node < levels[k + 1]; node++) {
				const multiplicity = this.#weights[node];
				for (let j = 0; j < count; j++)
					weighted[j] = multiplicity * coefficients[k * count + j] * values[node * count + j];
				for (let b = 0; b < d; b++) {
					let from = raise[node * d + b] * count;
					for (let j = 0; j < count; j++) sums[b * count + j] += weighted[j] * t[from++];
				}
			}
		return sums;
	}
}
