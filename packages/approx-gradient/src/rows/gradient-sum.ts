import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, Matrix, multiply, type RowSource, scale } from "@attgrad/matrix-core";
import type { ResidualRows } from "./residual-rows.ts";
import type { QueryBlock } from "./row-blocks.ts";

/** Σ_j A1_j Ĝ_jᵀ and the loss, block after block, and Ĝ of some rows that are wanted for themselves. */
export class GradientSum {
	readonly #algorithm: string;
	readonly #problem: AttentionProblem<RowSource>;
	readonly #gradient: Matrix;
	readonly #place: Map<number, number>;
	readonly #sampled: Matrix;
	#loss = 0;

	/** @param algorithm name for messages */
	constructor(algorithm: string, problem: AttentionProblem<RowSource>, sample: readonly number[]) {
		this.#algorithm = algorithm;
		this.#problem = problem;
		this.#gradient = Matrix.zeros(problem.d, problem.d);
		this.#place = new Map(sample.map((row, at) => [row, at]));
		this.#sampled = Matrix.zeros(sample.length, problem.d);
	}

	/** Takes in a block of rows with their Ĝ, count x d. */
	add(block: QueryBlock, residuals: ResidualRows, queryGradients: Matrix): void {
		const part = multiply(block.inputs, queryGradients, { transposeA: true });
		for (let at = 0; at < part.data.length; at++) this.#gradient.data[at] += part.data[at];
		let loss = 0;
		for (const residual of residuals.c.data) loss += residual * residual;
		this.#loss += loss / 2;
		block.indices.forEach((row, j) => {
			const place = this.#place.get(row);
			if (place !== undefined) this.#sampled.row(place).set(queryGradients.row(j));
		});
	}

	/** @throws ComputationError (failed) where a number is not finite: rows read from a source that are not, or products that overflow */
	result(): { gradient: Matrix; loss: number; sampled: Matrix } {
		for (const number of [this.#loss, ...this.#gradient.data])
			if (!Number.isFinite(number))
				throw new ComputationError("failed", `${this.#algorithm}: the result is not finite, got ${number}`);
		return {
			gradient: scale(this.#gradient, this.#problem.scale),
			loss: this.#loss,
			sampled: this.#sampled,
		};
	}
}
