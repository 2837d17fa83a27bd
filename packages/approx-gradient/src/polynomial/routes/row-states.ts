import { Matrix, type Numbers } from "@attgrad/matrix-core";
import { requirePositive } from "../../rows/softmax-rows.ts";
import type { FramedQueries } from "./framed-blocks.ts";

/** The results of a block's rows, column by column: entry i of row j at i·count + j. */
export interface RowStates {
	/** D̃_j = Σ_l Ã_jl > 0, as computed. */
	readonly normalisers: Float64Array;
	/** o = f̃ h - η, d x count. */
	readonly outputs: Float64Array;
	/** c̃ = f̃ h - E, d x count. */
	readonly residuals: Float64Array;
	/** r̃_j = <c̃_j, o_j>. */
	readonly corrections: Float64Array;
	/** ½ Σ c̃² over the block. */
	readonly loss: number;
}

/**
 * Rows from their unnormalised sums N = Ã [h, 1], (d + 1) x count.
 * @throws ComputationError (invalid) naming the row and the value of a normaliser that is not positive
 */
export function rowStates({ indices, count, targets }: FramedQueries, sums: Float64Array, d: number): RowStates {
	const normalisers = sums.slice(d * count, (d + 1) * count);
	const outputs = new Float64Array(d * count);
	const residuals = new Float64Array(d * count);
	const corrections = new Float64Array(count);
	const E = targets.data;
	let loss = 0;
	for (let j = 0; j < count; j++) {
		requirePositive("polynomial", indices[j], normalisers[j], "raise the degree");
		for (let i = 0, at = j; i < d; i++, at += count) {
			const output = sums[at] / normalisers[j];
			const residual = output - E[j * d + i];
			outputs[at] = output;
			residuals[at] = residual;
			corrections[j] += residual * output;
			loss += 0.5 * residual * residual;
		}
	}
	return { normalisers, outputs, residuals, corrections, loss };
}

/** c' = [c̃, -r̃] as (d + 1) x count columns in the type of `columns`, each divided by the row's divisor if there is one. */
export function cotangents(
	{ residuals, corrections }: RowStates,
	count: number,
	d: number,
	columns: Numbers,
	divisors?: Float64Array,
): void {
	for (let i = 0; i <= d; i++)
		for (let j = 0, at = i * count; j < count; j++, at++) {
			const entry = i < d ? residuals[at] : -corrections[j];
			columns[at] = divisors ? entry / divisors[j] : entry;
		}
}

/** Ĝ of a block, count x d, from its columns (d x count) before they are divided by the normalisers. */
export function queryGradients(columns: Float64Array, normalisers: Float64Array, count: number, d: number): Matrix {
	const rows = Matrix.zeros(count, d);
	for (let b = 0; b < d; b++)
		for (let j = 0, at = b * count; j < count; j++, at++) rows.data[j * d + b] = columns[at] / normalisers[j];
	return rows;
}
