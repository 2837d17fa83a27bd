import type { Matrix } from "@attgrad/matrix-core";
import type { Frame } from "../method/frame.ts";
import type { QueryBlock } from "./blocks.ts";

/**
 * Adds Σ_j A1_jᵀ Ĝ_j of a block to the gradient. Ĝ, d x count, is in the frame's coordinates and is divided by the
 * row's normaliser and taken back: with MᵀN = I, Ĝ_b = Σ_b' Ĝ'_b' M_b'b.
 */
export function addRowGradients(
	{ count, inputs }: QueryBlock,
	frame: Frame,
	rowGradients: Float64Array,
	normalisers: Float64Array,
	gradient: Matrix,
): void {
	const d = gradient.rows;
	const block = new Float64Array(d * d);
	for (let b = 0; b < d; b++)
		for (let j = 0, at = b * count; j < count; j++, at++) {
			const entry = rowGradients[at] / normalisers[j];
			for (let a = 0; a < d; a++) block[a * d + b] += inputs[j * d + a] * entry;
		}
	for (let a = 0; a < d; a++)
		for (let b = 0; b < d; b++) {
			let sum = 0;
			for (let inner = 0; inner < d; inner++) sum += block[a * d + inner] * frame.queryMap.at(inner, b);
			gradient.data[a * d + b] += sum;
		}
}
