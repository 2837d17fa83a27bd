import { setImmediate as nextTurn } from "node:timers/promises";
import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type RowSource, scale } from "@attgrad/matrix-core";
import { attendedBlocks, readKeySide } from "./attended-blocks.ts";
import type { ExactGradient } from "./definition.ts";
import { addOuterProducts, scoreCotangents, weightedSums } from "./row-block.ts";

export interface StreamingOptions {
	/** Rows of a block; changes speed and memory, not the result. @default rows whose scores take 1 MiB, 4 to 64 */
	blockRows?: number | undefined;
	/** Called now and then with the rows done and in all. */
	onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Multiplications between two turns of the event loop: some 50 ms, so that signals and progress are seen. */
const TURN = 5e7;

/**
 * The exact gradient in row blocks (paper.md 4.3): 8n²d flops and n² exponentials, memory O(nd) and one block of scores.
 * Keys and value inputs are held in memory, A1 and E are read block by block. Sums and the results are in double
 * precision whatever the number type. The result does not depend on blockRows, to the last bit.
 * @throws UsageError when blockRows is not a whole number >= 1
 * @throws ComputationError where a number is not finite: a row source with such entries, or scores that overflow
 */
export async function streamingGradient(
	problem: AttentionProblem<RowSource>,
	{ blockRows, onProgress }: StreamingOptions = {},
): Promise<ExactGradient> {
	const { n, d } = problem;
	const keySide = readKeySide(problem);
	const { keys, valueInputs } = keySide;
	const gradient = Matrix.zeros(d, d);
	const gradientY = Matrix.zeros(d, d);
	let loss = 0;
	let queryGradients = Matrix.zeros(0, d);
	let work = 0;
	for (const block of attendedBlocks(problem, keySide, blockRows)) {
		const { from, to, A1, weights, attended, residuals, cotangents } = block;
		if (queryGradients.rows !== to - from) queryGradients = Matrix.zeros(to - from, d);
		for (const residual of residuals.data) loss += 0.5 * residual * residual;
		if (!Number.isFinite(loss))
			throw new ComputationError(
				"failed",
				`streaming: the loss is not finite in rows ${from} to ${to - 1}, got ${loss}`,
			);
		addOuterProducts(attended, residuals, gradientY);
		scoreCotangents(weights, valueInputs, attended, cotangents);
		weightedSums(weights, keys, queryGradients);
		addOuterProducts(A1, queryGradients, gradient);
		work += 4 * (to - from) * n * d;
		if (work < TURN && to < n) continue;
		work = 0;
		onProgress?.(to, n);
		await nextTurn();
	}
	return { gradient: scale(gradient, problem.scale), gradientY, loss };
}
