import { type AttentionLayer, defineForward, type RowSink } from "@attgrad/attention-problem";
import {
	bytesPerNumber,
	ComputationError,
	copyNumbers,
	firstNotFinite,
	type KernelTask,
	Matrix,
	materialise,
	nextTurn,
	type RowSource,
	type Runtime,
	scale as scaled,
	withKernels,
} from "@attgrad/matrix-core";
import { z } from "zod";
import { entriesScaled } from "./range/powers.ts";
import { scaledProblem } from "./range/scaled-problem.ts";
import { defaultBlockRows } from "./streaming/gradient-blocks.ts";
import { packJob } from "./streaming/kernel-job.ts";
import { softmaxRows, weightedSums } from "./streaming/row-block.ts";
import { shiftedKeys } from "./streaming/shifted-keys.ts";
import { streamingKernels } from "./streaming/streaming-kernels.ts";

/** Multiplications between two turns of the event loop: some 50 ms, so that signals and progress are seen. */
const TURN = 5e7;

/** Bytes of rows of A1 that are in kernel memory at once. */
const ROUND_BYTES = 2 ** 25;

/**
 * The exact output D⁻¹ exp(scale · A1 X A2ᵀ) A3 Y in row blocks (Definitions 1.1 and E.1): 4n²d flops and n² exponentials,
 * memory O(nd): keys and value inputs are held, A1 is read and the output handed on block by block. In double precision;
 * rows of the output are rounded to the number type of A1. Scores may be of any size.
 * @throws ComputationError where an output is not finite: rows read from a source that are not, or products that overflow
 */
export async function streamingForward(
	{ n, d, A1, A2, A3, X, Y, scale }: AttentionLayer<RowSource>,
	sink: RowSink,
	onProgress?: (done: number, total: number) => void,
): Promise<void> {
	const keys = shiftedKeys(A2);
	const valueInputs = materialise(A3).as("f64");
	const scaledX = scaled(X.as("f64"), scale);
	const most = Math.min(n, defaultBlockRows(n));
	const weights = Matrix.zeros(most, n);
	const [inputs, queries, attended, outputs] = Array.from({ length: 4 }, () => Matrix.zeros(most, d)) as [
		Matrix,
		Matrix,
		Matrix,
		Matrix,
	];
	let work = 0;
	for (let from = 0; from < n; from += most) {
		const count = Math.min(most, n - from);
		A1.readRows(from, from + count, inputs.data);
		weightedSums(inputs.slice(0, count), scaledX, queries.slice(0, count));
		softmaxRows(queries.slice(0, count), keys, weights.slice(0, count));
		weightedSums(weights.slice(0, count), valueInputs, attended.slice(0, count));
		weightedSums(attended.slice(0, count), Y, outputs.slice(0, count));
		handOn(from, outputs.slice(0, count).as(A1.dtype), sink);
		work += 2 * count * n * d;
		if (work < TURN) continue;
		work = 0;
		onProgress?.(from + count, n);
		await nextTurn();
	}
}

/**
 * `streamingForward` by the fused kernel on all threads, in the number type of the layer; memory 4nd numbers for keys and
 * value inputs. The same for every number of threads.
 * @throws ComputationError where memory cannot grow, or an output is not finite
 */
export function kernelStreamingForward(
	layer: AttentionLayer<RowSource>,
	sink: RowSink,
	runtime: Runtime,
): Promise<void> {
	return withKernels(runtime, streamingKernels, async (kernels) => {
		const job = await packJob(layer, undefined, kernels);
		const { n, d, A1 } = layer;
		const { dtype, address, blockRows } = job;
		const size = bytesPerNumber(dtype);
		const roundRows = Math.min(n, blockRows * Math.max(1, Math.floor(ROUND_BYTES / (size * blockRows * d))));
		const inputs = kernels.allocate(dtype, roundRows * d + job.gradientRows - d);
		const outputs = kernels.allocate(dtype, roundRows * d);
		const scratch = (await kernels.run("forwardScratch", [{ job: address }], { dtype }))[0];
		for (let from = 0; from < n; from += roundRows) {
			const to = Math.min(n, from + roundRows);
			kernels.readRows(A1, from, to, dtype, inputs);
			const tasks: KernelTask<typeof streamingKernels, "forwardBlock">[] = [];
			for (let row = 0; row < to - from; row += blockRows) {
				const shift = row * d * size;
				const height = Math.min(blockRows, to - from - row);
				tasks.push({ job: address, A1: inputs + shift, height, outputs: outputs + shift });
			}
			await kernels.run("forwardBlock", tasks, {
				dtype,
				scratch,
				onProgress: (done) => kernels.onProgress?.(Math.min(to, from + done * blockRows), n),
			});
			const rows = Matrix.zeros(to - from, d, dtype);
			copyNumbers(kernels.view(dtype, outputs, rows.data.length), rows.data);
			handOn(from, rows, sink);
		}
	});
}

/** The exact output, as the command and stacks of layers take it. */
export const exactForward = defineForward({
	name: "streaming",
	summary: "the softmax in row blocks, memory O(n d)",
	exact: true,
	options: z.strictObject({}),
	async run(given, _, runtime, take) {
		const scaled = scaledProblem(given);
		const layer = scaled?.problem ?? given;
		const sink: RowSink = scaled
			? (from, rows) => handOn(from, entriesScaled(rows, () => scaled.exponents.values).as(given.A1.dtype), take)
			: take;
		if (runtime.kernel === "js") await streamingForward(layer, sink, runtime.onProgress);
		else await kernelStreamingForward(layer, sink, runtime);
		return {};
	},
});

/** @throws ComputationError naming the first row with an entry that is not finite */
function handOn(from: number, rows: Matrix, sink: RowSink): void {
	const at = firstNotFinite(rows.data, 0, rows.data.length);
	if (at >= 0)
		throw new ComputationError(
			"failed",
			`streaming: the output of row ${from + Math.floor(at / rows.cols)} is not finite, got ${rows.data[at]}`,
		);
	sink(from, rows);
}
