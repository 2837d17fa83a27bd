import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	ComputationError,
	Matrix,
	materialise,
	type RowSource,
	scale,
	transpose,
	UsageError,
} from "@attgrad/matrix-core";
import { scoreCotangents, softmaxRows, weightedSums } from "./row-block.ts";
import { shiftedKeys } from "./shifted-keys.ts";

/** Rows from..to-1 of the matrices of the closed form, in double precision. The storage is reused by the next block. */
export interface GradientBlock {
	readonly from: number;
	readonly to: number;
	/** A1, rows x d. */
	readonly A1: Matrix;
	/** Q̂ = scale · A1 X, rows x d. */
	readonly queries: Matrix;
	/** f, rows x n (Definition 3.4). */
	readonly f: Matrix;
	/** f A3, rows x d: the output is o = (f A3) Y, so that dL/dY = (f A3)ᵀ c costs no second pass over the keys. */
	readonly attended: Matrix;
	/** Residual c = o − E, rows x d (Definition 3.6). */
	readonly c: Matrix;
	/** c Yᵀ = dL/d(f A3), rows x d. */
	readonly cotangents: Matrix;
	/** p, rows x n (Definition C.5). */
	readonly p: Matrix;
	/** Query gradient Ĝ = dL/dQ̂ = p A2, rows x d. */
	readonly queryGradients: Matrix;
}

/**
 * Entries of f in a block: with as many of p they are 1 MiB and stay in the second cache level.
 * At least 4 rows, because inner products take four at a time.
 */
const WEIGHTS = { entries: 2 ** 16, leastRows: 4, mostRows: 64 };

/** Rows that a block has unless told otherwise. */
export function defaultBlockRows(n: number): number {
	return Math.min(WEIGHTS.mostRows, Math.max(WEIGHTS.leastRows, Math.floor(WEIGHTS.entries / n)));
}

/**
 * The closed form in blocks of rows (paper.md 4.3), in double precision whatever the number type of the problem: keys and
 * value inputs are held in memory, A1 and E are read block by block. 8n²d flops and n² exponentials in all, memory O(nd + blockRows · n).
 * @throws UsageError when blockRows is not a whole number >= 1
 * @throws ComputationError where a residual is not finite: rows read from a source that are not, or scores that overflow
 */
export function* gradientBlocks(
	{ n, d, A1, A2, A3, E, X, Y, scale: factor }: AttentionProblem<RowSource>,
	blockRows = defaultBlockRows(n),
): Generator<GradientBlock> {
	if (!(Number.isInteger(blockRows) && blockRows >= 1))
		throw new UsageError(`exact-gradient: blockRows must be a whole number >= 1, got ${blockRows}`);
	const most = Math.min(blockRows, n);
	const keys = shiftedKeys(A2);
	const valueInputs = materialise(A3).as("f64");
	const scaledX = scale(X.as("f64"), factor);
	const transposedY = transpose(Y.as("f64"));
	const targets = Matrix.zeros(most, d);
	let block: GradientBlock | undefined;
	for (let from = 0; from < n; from += most) {
		const to = Math.min(n, from + most);
		block = block?.f.rows === to - from ? { ...block, from, to } : emptyBlock(from, to, n, d);
		A1.readRows(from, to, block.A1.data);
		E.readRows(from, to, targets.data);
		weightedSums(block.A1, scaledX, block.queries);
		softmaxRows(block.queries, keys, block.f);
		weightedSums(block.f, valueInputs, block.attended);
		weightedSums(block.attended, Y, block.c);
		const c = block.c.data;
		for (let at = 0; at < c.length; at++) {
			c[at] -= targets.data[at];
			if (!Number.isFinite(c[at]))
				throw new ComputationError(
					"failed",
					`exact-gradient: the residual of row ${from + Math.floor(at / d)} is not finite, got ${c[at]}`,
				);
		}
		weightedSums(block.c, transposedY, block.cotangents);
		scoreCotangents(block.f, valueInputs, block.attended, block.cotangents, block.p);
		weightedSums(block.p, keys, block.queryGradients);
		yield block;
	}
}

function emptyBlock(from: number, to: number, n: number, d: number): GradientBlock {
	const wide = () => Matrix.zeros(to - from, n);
	const narrow = () => Matrix.zeros(to - from, d);
	return {
		from,
		to,
		A1: narrow(),
		queries: narrow(),
		f: wide(),
		attended: narrow(),
		c: narrow(),
		cotangents: narrow(),
		p: wide(),
		queryGradients: narrow(),
	};
}
