import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, scale } from "@attgrad/matrix-core";
import type { QueryBlock } from "./row-blocks.ts";

/** A gradient and the loss at the approximate attention weights. */
export interface LossGradient {
	/** dL/dX, d x d, in double precision. */
	readonly gradient: Matrix;
	readonly loss: number;
}

/** Σ_j A1_jᵀ Ĝ_j, block after block, and the loss. */
export class GradientSum {
	readonly #scale: number;
	readonly #gradient: Matrix;
	/** ½ Σ c² of the rows so far: callers add to it. */
	loss = 0;

	constructor({ d, scale }: Pick<AttentionProblem<RowSource>, "d" | "scale">) {
		this.#scale = scale;
		this.#gradient = Matrix.zeros(d, d);
	}

	/**
	 * Adds a block of rows with their Ĝ, count x d. O(count d²).
	 * @param queryMap M, where Ĝ is in the coordinates M q of a frame: Ĝ M is in those of the problem
	 */
	add({ inputs }: Pick<QueryBlock, "inputs">, queryGradients: Matrix, queryMap?: Matrix): void {
		const part = multiply(inputs, queryGradients, { transposeA: true });
		const added = queryMap === undefined ? part : multiply(part, queryMap);
		for (let at = 0; at < added.data.length; at++) this.#gradient.data[at] += added.data[at];
	}

	/** The scaled gradient and the loss. */
	result(): LossGradient {
		return { gradient: scale(this.#gradient, this.#scale), loss: this.loss };
	}
}
