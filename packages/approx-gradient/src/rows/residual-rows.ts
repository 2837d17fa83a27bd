import { Matrix } from "@attgrad/matrix-core";
import type { QueryBlock } from "./row-blocks.ts";
import { requirePositive } from "./softmax-rows.ts";
import { centred, type Spans } from "./spans.ts";

/** Normaliser, residual and cotangents of a block of rows. */
export interface ResidualRows {
	/** D̃_j, up to the row's factor. */
	readonly normaliser: Float64Array;
	/** Residual c, count x d (Definition 3.6). */
	readonly c: Matrix;
	/** ½ Σ c² over the block. */
	readonly loss: number;
	/** c' = (c, −<c, o>), count x (d+1): derivative of the loss in (f h', f 1), for centred values h'. */
	readonly cotangents: Matrix;
}

/** h' = (h − centre, 1), count x (d+1). Centring the values changes no result and keeps sums small. */
export function centredValues(values: Matrix, { valueCentre }: Spans): Matrix {
	const d = values.cols;
	const made = Matrix.zeros(values.rows, d + 1);
	for (let l = 0, at = 0, to = 0; l < values.rows; l++) {
		for (let i = 0; i < d; i++) made.data[to++] = values.data[at++] - valueCentre[i];
		made.data[to++] = 1;
	}
	return made;
}

/**
 * Residuals from N = Ã h', count x (d+1), h' = `centredValues`.
 * @param algorithm name for the message
 * @throws ComputationError (invalid) where a normaliser is not a number > 0
 */
export function residualRows(algorithm: string, block: QueryBlock, N: Matrix, spans: Spans): ResidualRows {
	const { rows: count, cols } = N;
	const d = cols - 1;
	const normaliser = Float64Array.from({ length: count }, (_, j) => N.at(j, d));
	normaliser.forEach((D, j) => {
		requirePositive(algorithm, block.indices[j], D, "it takes more features");
	});
	const targets = centred(block.targets, spans.valueCentre);
	const c = Matrix.zeros(count, d);
	const cotangents = Matrix.zeros(count, d + 1);
	let squares = 0;
	for (let j = 0; j < count; j++) {
		let r = 0;
		for (let i = 0; i < d; i++) {
			const o = N.at(j, i) / normaliser[j];
			const residual = o - targets.at(j, i);
			c.data[j * d + i] = residual;
			cotangents.data[j * (d + 1) + i] = residual;
			r += residual * o;
			squares += residual * residual;
		}
		cotangents.data[j * (d + 1) + d] = -r;
	}
	return { normaliser, c, loss: squares / 2, cotangents };
}
