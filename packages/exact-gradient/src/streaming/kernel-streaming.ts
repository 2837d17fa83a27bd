import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	bytesPerNumber,
	type KernelTask,
	Matrix,
	type RowSource,
	type Runtime,
	scale as scaled,
	UsageError,
	withKernels,
} from "@attgrad/matrix-core";
import { type ExactGradient, finite } from "../exact-gradient.ts";
import { packJob } from "./kernel-job.ts";
import { streamingKernels } from "./streaming-kernels.ts";

/** How the fused kernels go through the rows. */
export interface KernelStreamingOptions {
	/** Rows of a block, rounded up to whole panels; changes speed and memory, and the result by rounding. @default by n and d */
	blockRows?: number | undefined;
}

/** Bytes of rows that are read, and of partial gradients that are kept, before they are added up. */
const ROUND_BYTES = 2 ** 25;

/**
 * The exact gradient in row blocks by the fused kernel, on all threads of the runtime: `streamingGradient` in the number
 * type of the problem. 8n²d flops and n² exponentials; memory 4nd numbers for keys and value inputs, and
 * blockRows · n for each thread. The result is the same for every number of threads.
 * @throws UsageError when blockRows is not a whole number >= 1
 * @throws ComputationError where memory cannot grow, or a number is not finite
 */
export async function kernelStreamingGradient(
	problem: AttentionProblem<RowSource>,
	{ blockRows }: KernelStreamingOptions,
	runtime: Runtime,
): Promise<ExactGradient> {
	if (blockRows !== undefined && !(Number.isInteger(blockRows) && blockRows >= 1))
		throw new UsageError(`exact-gradient: blockRows must be a whole number >= 1, got ${blockRows}`);
	return withKernels(runtime, streamingKernels, async (kernels) => {
		const job = await packJob(problem, blockRows, kernels);
		const { n, d, scale, A1, E } = problem;
		const { dtype } = job;
		const size = bytesPerNumber(dtype);
		const partLength = 2 * job.gradientRows * job.gradientColumns;
		const blocks = Math.max(1, Math.floor(ROUND_BYTES / (size * Math.max(partLength, job.blockRows * d))));
		const roundRows = Math.min(n, blocks * job.blockRows);
		const slack = job.gradientRows - d;
		const inputs = kernels.allocate(dtype, roundRows * d + slack);
		const targets = kernels.allocate(dtype, roundRows * d);
		const parts = kernels.allocate(dtype, Math.ceil(roundRows / job.blockRows) * partLength);
		const sums = new Float64Array(partLength);
		let loss = 0;
		for (let from = 0; from < n; from += roundRows) {
			const to = Math.min(n, from + roundRows);
			kernels.readRows(A1, from, to, dtype, inputs);
			kernels.readRows(E, from, to, dtype, targets);
			const tasks: KernelTask<typeof streamingKernels, "rowBlock">[] = [];
			for (let row = 0; row < to - from; row += job.blockRows) {
				const shift = row * d * size;
				tasks.push({
					job: job.address,
					A1: inputs + shift,
					E: targets + shift,
					height: Math.min(job.blockRows, to - from - row),
					gradients: parts + tasks.length * partLength * size,
				});
			}
			const losses = await kernels.run("rowBlock", tasks, {
				dtype,
				scratch: job.scratch,
				onProgress: (done) => kernels.onProgress?.(Math.min(to, from + done * job.blockRows), n),
			});
			for (const part of losses) loss += part;
			const all = kernels.view(dtype, parts, tasks.length * partLength);
			for (let at = 0; at < all.length; ) for (let i = 0; i < partLength; i++) sums[i] += all[at++];
			kernels.onProgress?.(to, n);
		}
		const { gradientRows, gradientColumns } = job;
		const part = (first: number) => Matrix.build(d, d, (i, j) => sums[(first + i) * gradientColumns + j]);
		return finite("streaming", { gradient: scaled(part(0), scale), gradientY: part(gradientRows), loss });
	});
}
