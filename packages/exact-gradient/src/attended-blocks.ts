import type { AttentionProblem } from "@attgrad/attention-problem";
import { columnRange, Matrix, type RowSource, scale, transpose, UsageError } from "@attgrad/matrix-core";
import { softmaxRows, weightedSums } from "./row-block.ts";

/** Rows from..to-1 of the forward pass and of the cotangents that start the backward pass. Reused from block to block. */
export interface AttendedBlock {
	readonly from: number;
	readonly to: number;
	/** Rows of A1, rows x d. */
	readonly A1: Matrix;
	/** Rows of Q̂ = scale · A1 X, rows x d. */
	readonly queries: Matrix;
	/** Rows of f, rows x n; the consumer may overwrite them. */
	readonly weights: Matrix;
	/** Rows of f A3, rows x d: the output is o = (f A3) Y, so that dL/dY = (f A3)ᵀ c costs no second pass over the keys. */
	readonly attended: Matrix;
	/** Rows of the residual c = o − E, rows x d (Definition 3.6). */
	readonly residuals: Matrix;
	/** Rows of c Yᵀ = dL/d(f A3), rows x d. */
	readonly cotangents: Matrix;
}

/** What every block needs: keys and value inputs in memory. */
export interface KeySide {
	/** A2 less its midrange row, n x d, in the number type of A2. */
	readonly keys: Matrix;
	/** A3, n x d. */
	readonly valueInputs: Matrix;
}

/**
 * Entries of a score block that blocks are cut to: 64 rows of 2048 keys are 1 MiB and stay in the second cache level.
 * At least 4 rows, because each block passes over the keys anew.
 */
const SCORES = { entries: 2 ** 17, leastRows: 4, mostRows: 64 };

/** Rows that a block has unless told otherwise. */
export function defaultBlockRows(n: number): number {
	return Math.min(n, SCORES.mostRows, Math.max(SCORES.leastRows, Math.floor(SCORES.entries / n)));
}

/**
 * Reads keys and value inputs. The keys are centred: their midrange is subtracted, which changes neither f nor the
 * gradient (p 1 = 0) and keeps full accuracy for keys with a large common offset.
 */
export function readKeySide({ A2, A3, n, d }: AttentionProblem<RowSource>): KeySide {
	const keys = Matrix.zeros(n, d, A2.dtype);
	A2.readRows(0, n, keys.data);
	const { min, max } = columnRange(keys);
	const midrange = keys.row(0).slice().fill(0);
	for (let b = 0; b < d; b++) midrange[b] = min[b]! / 2 + max[b]! / 2;
	for (let l = 0, at = 0; l < n; l++) for (let b = 0; b < d; b++) keys.data[at++]! -= midrange[b]!;
	if (A3 instanceof Matrix) return { keys, valueInputs: A3 };
	const valueInputs = Matrix.zeros(n, d, A3.dtype);
	A3.readRows(0, n, valueInputs.data);
	return { keys, valueInputs };
}

/**
 * The forward pass in blocks of rows. A1 and E are read block by block; memory is O(blockRows · n).
 * @throws UsageError when blockRows is not a whole number >= 1
 */
export function* attendedBlocks(
	{ n, d, A1, E, X, Y, scale: factor }: AttentionProblem<RowSource>,
	{ keys, valueInputs }: KeySide,
	blockRows = defaultBlockRows(n),
): Generator<AttendedBlock> {
	if (!(Number.isInteger(blockRows) && blockRows >= 1))
		throw new UsageError(`streaming: blockRows must be a whole number >= 1, got ${blockRows}`);
	const most = Math.min(blockRows, n);
	const scaledX = scale(X.as("f64"), factor);
	const transposedY = transpose(Y.as("f64"));
	const narrow = () => Matrix.zeros(most, d);
	const buffers = {
		A1: narrow(),
		queries: narrow(),
		weights: Matrix.zeros(most, n),
		attended: narrow(),
		residuals: narrow(),
		cotangents: narrow(),
	};
	const targets = new Float64Array(most * d);
	for (let from = 0; from < n; from += most) {
		const to = Math.min(n, from + most);
		const rows = (buffer: Matrix) => (to - from < most ? buffer.slice(0, to - from) : buffer);
		const block = {
			from,
			to,
			A1: rows(buffers.A1),
			queries: rows(buffers.queries),
			weights: rows(buffers.weights),
			attended: rows(buffers.attended),
			residuals: rows(buffers.residuals),
			cotangents: rows(buffers.cotangents),
		};
		A1.readRows(from, to, block.A1.data);
		E.readRows(from, to, targets);
		weightedSums(block.A1, scaledX, block.queries);
		softmaxRows(block.queries, keys, block.weights);
		weightedSums(block.weights, valueInputs, block.attended);
		weightedSums(block.attended, Y, block.residuals);
		for (let at = 0; at < block.residuals.data.length; at++) block.residuals.data[at]! -= targets[at]!;
		weightedSums(block.residuals, transposedY, block.cotangents);
		yield block;
	}
}
