import { Matrix, type RowSource, type Runtime } from "@attgrad/matrix-core";
import type { z } from "zod";
import { withRuntime } from "../algorithm/with-runtime.ts";
import type { ForwardAlgorithm, ForwardResult, RowSink } from "./forward.ts";
import type { AttentionLayer } from "./layer.ts";

/** An output in memory, n x d, with what is known of it. */
export interface LayerOutput extends ForwardResult {
	readonly output: Matrix;
}

/**
 * The output of a layer by an algorithm, in memory. Same shape as `computeGradient`.
 * @param options as on the command line; default: those of the algorithm
 * @param runtime kernels and threads to compute on; default: a runtime of one thread for this call
 * @throws ZodError for options that the algorithm does not have or refuses
 * @throws ComputationError where the algorithm fails on the layer
 */
export async function computeOutput<Options extends z.ZodObject>(
	algorithm: ForwardAlgorithm<Options>,
	layer: AttentionLayer<RowSource>,
	options?: z.input<Options>,
	runtime?: Runtime,
): Promise<LayerOutput> {
	const complete = algorithm.options.parse(options ?? {});
	return withRuntime(runtime, (on) => collectRows(layer, (sink) => algorithm.run(layer, complete, on, sink)));
}

/** Gathers the rows that `run` hands to its sink. */
export async function collectRows<Result>(
	{ n, d, A1 }: AttentionLayer<RowSource>,
	run: (sink: RowSink) => Promise<Result>,
): Promise<Result & { readonly output: Matrix }> {
	const output = Matrix.zeros(n, d, A1.dtype);
	const result = await run((from, rows) => output.data.set(rows.data, from * d));
	return { ...result, output };
}
