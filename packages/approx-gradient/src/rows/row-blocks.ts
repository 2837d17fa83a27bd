import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "./rows-times.ts";

/** A block of keys with their values, count x d each, in double precision; overwritten by the next block. */
export interface KeyBlock {
	/** Index of the first row. */
	readonly from: number;
	readonly count: number;
	/** Rows of A2. */
	readonly keys: Matrix;
	/** Rows of A3. */
	readonly inputs: Matrix;
	/** Rows of h = A3 Y (Definition 3.5). */
	readonly values: Matrix;
}

/** A block of queries with their targets, count x d each, in double precision; overwritten by the next block. */
export interface QueryBlock {
	/** Number of each row in the problem. */
	readonly indices: Int32Array;
	readonly count: number;
	/** Rows of A1. */
	readonly inputs: Matrix;
	/** Rows of Q̂ = scale · A1 X. */
	readonly queries: Matrix;
	/** Rows of E. */
	readonly targets: Matrix;
}

/**
 * The numbers that the scale multiplies first: A1, or the product A1 X. The last bit of a query depends on it where the
 * scale is no power of 2; polynomial methods scale inputs, feature maps products.
 */
export type ScaledFirst = "inputs" | "products";

/** All keys and values, block after block, in the same storage. */
export function* keyBlocks(
	{ n, d, A2, A3, Y }: AttentionProblem<RowSource>,
	blockRows: number,
): Generator<KeyBlock, void, undefined> {
	const [keys, inputs, values] = storage(Math.min(blockRows, n), d);
	for (let from = 0; from < n; from += blockRows) {
		const count = Math.min(blockRows, n - from);
		A2.readRows(from, from + count, keys.data);
		A3.readRows(from, from + count, inputs.data);
		rowsTimes(inputs.data, Y, 1, count, values.data);
		yield { from, count, keys: first(count, keys), inputs: first(count, inputs), values: first(count, values) };
	}
}

/** All queries and targets, block after block, in the same storage. */
export function* queryBlocks(
	problem: AttentionProblem<RowSource>,
	blockRows: number,
	scaled: ScaledFirst = "products",
): Generator<QueryBlock, void, undefined> {
	const { n, d, A1, E } = problem;
	const [inputs, queries, targets] = storage(Math.min(blockRows, n), d);
	const indices = new Int32Array(inputs.rows);
	for (let from = 0; from < n; from += blockRows) {
		const count = Math.min(blockRows, n - from);
		A1.readRows(from, from + count, inputs.data);
		E.readRows(from, from + count, targets.data);
		multiplyQueries(problem, inputs, count, queries, scaled);
		for (let j = 0; j < count; j++) indices[j] = from + j;
		yield {
			indices: indices.subarray(0, count),
			count,
			inputs: first(count, inputs),
			queries: first(count, queries),
			targets: first(count, targets),
		};
	}
}

/** Queries and targets of rows anywhere in the problem, in storage of their own. */
export function queryBlockAt(problem: AttentionProblem<RowSource>, rows: readonly number[]): QueryBlock {
	const count = rows.length;
	const [inputs, queries, targets] = storage(count, problem.d);
	for (const [at, row] of rows.entries()) {
		problem.A1.readRows(row, row + 1, inputs.row(at));
		problem.E.readRows(row, row + 1, targets.row(at));
	}
	multiplyQueries(problem, inputs, count, queries, "products");
	return { indices: Int32Array.from(rows), count, inputs, queries, targets };
}

/** The rows of a block for which `kept` is true: the block itself, or rows in storage of their own. */
export function selectRows(block: QueryBlock, kept: (j: number) => boolean): QueryBlock {
	const chosen = Array.from(block.indices.keys()).filter(kept);
	if (chosen.length === block.count) return block;
	const pick = ({ cols, data }: Matrix): Matrix => {
		const made = Matrix.zeros(chosen.length, cols);
		for (const [at, j] of chosen.entries()) made.data.set(data.subarray(j * cols, (j + 1) * cols), at * cols);
		return made;
	};
	return {
		indices: Int32Array.from(chosen, (j) => block.indices[j]),
		count: chosen.length,
		inputs: pick(block.inputs),
		queries: pick(block.queries),
		targets: pick(block.targets),
	};
}

const storage = (rows: number, d: number) =>
	[Matrix.zeros(rows, d), Matrix.zeros(rows, d), Matrix.zeros(rows, d)] as const;

/** The first `count` rows. */
const first = (count: number, rows: Matrix): Matrix => (count === rows.rows ? rows : rows.slice(0, count));

function multiplyQueries(
	{ X, scale }: AttentionProblem<RowSource>,
	inputs: Matrix,
	count: number,
	queries: Matrix,
	scaled: ScaledFirst,
): void {
	rowsTimes(inputs.data, X, scaled === "inputs" ? scale : 1, count, queries.data);
	if (scaled === "inputs") return;
	for (let at = 0; at < count * queries.cols; at++) queries.data[at] *= scale;
}
