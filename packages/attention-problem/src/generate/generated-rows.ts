import {
	allocateNumbers,
	type Dtype,
	type Matrix,
	type Numbers,
	type RowSource,
	seededRandom,
} from "@attgrad/matrix-core";
import type { RowMaker } from "../distributions/distribution.ts";

/** Rows a block: every block has a random stream of its own, so that it can be made without those before it. */
const BLOCK_ROWS = 4096;

/** Rows of a generated matrix, made when they are read; the last block is kept. Memory 4096 · d numbers. */
export class GeneratedRows implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype: Dtype;
	readonly #seed: number;
	readonly #name: string;
	readonly #make: RowMaker;
	readonly #factor: Matrix | undefined;
	#block = -1;
	#kept: Numbers = new Float64Array(0);

	/**
	 * @param name the matrix; with the seed and the block's number it names the random stream of a block
	 * @param factor d x d matrix that every made row is multiplied with from the right
	 */
	constructor(
		shape: { rows: number; cols: number; dtype: Dtype },
		seed: number,
		name: string,
		make: RowMaker,
		factor?: Matrix,
	) {
		this.rows = shape.rows;
		this.cols = shape.cols;
		this.dtype = shape.dtype;
		this.#seed = seed;
		this.#name = name;
		this.#make = make;
		this.#factor = factor;
	}

	readRows(from: number, to: number, target: Numbers): void {
		for (let row = from; row < to; ) {
			const block = Math.floor(row / BLOCK_ROWS);
			const first = block * BLOCK_ROWS;
			const end = Math.min(to, first + BLOCK_ROWS);
			const made = this.#rowsOf(block);
			target.set(made.subarray((row - first) * this.cols, (end - first) * this.cols), (row - from) * this.cols);
			row = end;
		}
	}

	#rowsOf(block: number): Numbers {
		if (block === this.#block) return this.#kept;
		const first = block * BLOCK_ROWS;
		const count = Math.min(BLOCK_ROWS, this.rows - first);
		if (this.#kept.length !== count * this.cols) this.#kept = allocateNumbers(this.dtype, count * this.cols);
		const random = seededRandom(this.#seed, this.#name, block);
		const row = new Float64Array(this.cols);
		const product = new Float64Array(this.cols);
		for (let i = 0; i < count; i++) {
			this.#make(row, first + i, random);
			this.#kept.set(this.#factor ? rowTimes(row, this.#factor, product) : row, i * this.cols);
		}
		this.#block = block;
		return this.#kept;
	}
}

/** product = row M, summed in one fixed order, so that the numbers do not depend on the kernel of the machine. */
function rowTimes(row: Float64Array, M: Matrix, product: Float64Array): Float64Array {
	product.fill(0);
	for (let a = 0, at = 0; a < row.length; a++) {
		const x = row[a];
		for (let b = 0; b < row.length; b++) product[b] += x * M.data[at++];
	}
	return product;
}
