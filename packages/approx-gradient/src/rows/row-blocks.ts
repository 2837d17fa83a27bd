import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, scale } from "@attgrad/matrix-core";

/** Keys and values of rows from..from+count-1, count x d each, in double precision. */
export interface KeyBlock {
	readonly from: number;
	/** Rows of A2. */
	readonly keys: Matrix;
	/** Rows of A3. */
	readonly inputs: Matrix;
	/** Rows of h = A3 Y (Definition 3.5). */
	readonly values: Matrix;
}

/** Queries and targets of some rows, count x d each, in double precision. */
export interface QueryBlock {
	/** Which rows of the problem they are. */
	readonly indices: readonly number[];
	/** Rows of A1. */
	readonly inputs: Matrix;
	/** Rows of Q̂ = scale · A1 X. */
	readonly queries: Matrix;
	/** Rows of E. */
	readonly targets: Matrix;
}

/** Rows from..to-1 of a source, in double precision. */
export function readBlock(source: RowSource, from: number, to: number): Matrix {
	const rows = Matrix.zeros(to - from, source.cols);
	source.readRows(from, to, rows.data);
	return rows;
}

/** Keys and values of rows from..to-1. */
function keyBlock({ A2, A3, Y }: AttentionProblem<RowSource>, from: number, to: number): KeyBlock {
	const inputs = readBlock(A3, from, to);
	return { from, keys: readBlock(A2, from, to), inputs, values: multiply(inputs, Y) };
}

/** Queries and targets of rows from..to-1. */
function queryBlock(problem: AttentionProblem<RowSource>, from: number, to: number): QueryBlock {
	const inputs = readBlock(problem.A1, from, to);
	return {
		indices: Array.from({ length: to - from }, (_, j) => from + j),
		inputs,
		queries: scale(multiply(inputs, problem.X), problem.scale),
		targets: readBlock(problem.E, from, to),
	};
}

/** Queries and targets of rows anywhere in the problem. */
export function queryBlockAt(problem: AttentionProblem<RowSource>, indices: readonly number[]): QueryBlock {
	const rows = indices.map((index) => queryBlock(problem, index, index + 1));
	const stack = (of: (row: QueryBlock) => Matrix): Matrix =>
		Matrix.build(indices.length, problem.d, (j, b) => of(rows[j]).at(0, b));
	return {
		indices,
		inputs: stack((row) => row.inputs),
		queries: stack((row) => row.queries),
		targets: stack((row) => row.targets),
	};
}

/** The rows of a block for which `kept` is true. */
export function selectRows(block: QueryBlock, kept: (j: number) => boolean): QueryBlock {
	const chosen = block.indices.map((_, j) => j).filter(kept);
	if (chosen.length === block.indices.length) return block;
	const pick = (rows: Matrix): Matrix => Matrix.build(chosen.length, rows.cols, (j, b) => rows.at(chosen[j], b));
	return {
		indices: chosen.map((j) => block.indices[j]),
		inputs: pick(block.inputs),
		queries: pick(block.queries),
		targets: pick(block.targets),
	};
}

/** All keys and values, block after block. */
export function* keyBlocks(problem: AttentionProblem<RowSource>, blockRows: number): Generator<KeyBlock> {
	for (let from = 0; from < problem.n; from += blockRows)
		yield keyBlock(problem, from, Math.min(problem.n, from + blockRows));
}

/** All queries and targets, block after block. */
export function* queryBlocks(problem: AttentionProblem<RowSource>, blockRows: number): Generator<QueryBlock> {
	for (let from = 0; from < problem.n; from += blockRows)
		yield queryBlock(problem, from, Math.min(problem.n, from + blockRows));
}
