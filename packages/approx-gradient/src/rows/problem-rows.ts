import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Matrix, RowSource } from "@attgrad/matrix-core";

/** A block of keys with their values, in double precision, row-major, count x d each; overwritten by the next block. */
export interface KeyRows {
	/** Index of the first row. */
	readonly from: number;
	readonly count: number;
	/** Rows of A2. */
	readonly keys: Float64Array;
	/** Rows of A3. */
	readonly inputs: Float64Array;
	/** Rows of h = A3 Y (Definition 3.5). */
	readonly values: Float64Array;
}

/** A block of queries, in double precision, row-major, count x d each; overwritten by the next block. */
export interface QueryRows {
	/** Index of the first row. */
	readonly from: number;
	readonly count: number;
	/** Rows of A1. */
	readonly inputs: Float64Array;
	/** Rows of the scaled queries scale · A1 X. */
	readonly queries: Float64Array;
	/** Rows of E. */
	readonly targets: Float64Array;
}

/** Keys and values of rows from..to-1, block after block. */
export function* keyRows(
	{ n, d, A2, A3, Y }: AttentionProblem<RowSource>,
	blockRows: number,
): Generator<KeyRows, void, undefined> {
	const [keys, inputs, values] = buffers(Math.min(blockRows, n) * d);
	for (let from = 0; from < n; from += blockRows) {
		const count = Math.min(blockRows, n - from);
		A2.readRows(from, from + count, keys);
		A3.readRows(from, from + count, inputs);
		rowsTimes(inputs, Y, 1, count, values);
		yield { from, count, keys, inputs, values };
	}
}

/** Queries and targets, block after block. */
export function* queryRows(
	{ n, d, A1, E, X, scale }: AttentionProblem<RowSource>,
	blockRows: number,
): Generator<QueryRows, void, undefined> {
	const [inputs, queries, targets] = buffers(Math.min(blockRows, n) * d);
	for (let from = 0; from < n; from += blockRows) {
		const count = Math.min(blockRows, n - from);
		A1.readRows(from, from + count, inputs);
		E.readRows(from, from + count, targets);
		rowsTimes(inputs, X, scale, count, queries);
		yield { from, count, inputs, queries, targets };
	}
}

const buffers = (length: number) =>
	[new Float64Array(length), new Float64Array(length), new Float64Array(length)] as const;

/** product = factor · rows M for `count` rows, row-major; sums in double precision. */
export function rowsTimes(rows: Float64Array, M: Matrix, factor: number, count: number, product: Float64Array): void {
	const { rows: depth, cols } = M;
	product.fill(0, 0, count * cols);
	for (let j = 0; j < count; j++)
		for (let a = 0; a < depth; a++) {
			const x = factor * rows[j * depth + a];
			for (let b = 0; b < cols; b++) product[j * cols + b] += x * M.data[a * cols + b];
		}
}
