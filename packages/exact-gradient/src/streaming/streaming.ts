import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, nextTurn, type RowSource, scale } from "@attgrad/matrix-core";
import { type ExactGradient, finite } from "../exact-gradient.ts";
import { gradientBlocks } from "./gradient-blocks.ts";
import { addOuterProducts } from "./row-block.ts";

/** How the exact gradient goes through the rows. */
export interface StreamingOptions {
	/** Rows of a block; changes speed and memory, not the result. @default 4 to 64, as many as stay in cache */
	blockRows?: number | undefined;
	/** Reports progress: rows done, and all rows. */
	onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Multiplications between two turns of the event loop: some 50 ms, so that signals and progress are seen. */
const TURN = 5e7;

/**
 * The exact gradient in row blocks (paper.md 4.3): 8n²d flops and n² exponentials, memory O(nd + blockRows · n).
 * Keys and value inputs are held in memory, A1 and E are read block by block. Works in double precision whatever the
 * number type of the problem. The result does not depend on blockRows, to the last bit.
 * @throws UsageError when blockRows is not a whole number >= 1
 * @throws ComputationError where a number is not finite: rows read from a source that are not, or products that overflow
 */
export async function streamingGradient(
	problem: AttentionProblem<RowSource>,
	{ blockRows, onProgress }: StreamingOptions = {},
): Promise<ExactGradient> {
	const { n, d } = problem;
	const gradient = Matrix.zeros(d, d);
	const gradientY = Matrix.zeros(d, d);
	let loss = 0;
	let work = 0;
	for (const { from, to, A1, attended, c, queryGradients } of gradientBlocks(problem, blockRows)) {
		for (const residual of c.data) loss += 0.5 * residual * residual;
		addOuterProducts(attended, c, gradientY);
		addOuterProducts(A1, queryGradients, gradient);
		work += 4 * (to - from) * n * d;
		if (work < TURN && to < n) continue;
		work = 0;
		onProgress?.(to, n);
		await nextTurn();
	}
	return finite("streaming", { gradient: scale(gradient, problem.scale), gradientY, loss });
}
