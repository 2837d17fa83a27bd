import type { Dtype, RowSource, Runtime } from "@attgrad/matrix-core";
import { carriedError } from "./carried-error.ts";
import { collectRows } from "./compute-output.ts";
import type { AnyForwardAlgorithm, ForwardResult, RowSink } from "./forward.ts";
import { type LayerWeights, selfAttentionLayer } from "./layer.ts";

/** An algorithm with its options, as its schema gives them. */
interface Chosen {
	readonly algorithm: AnyForwardAlgorithm;
	readonly options: Readonly<Record<string, unknown>>;
}

/** The result of one layer of several. */
export interface LayerRun extends ForwardResult {
	/**
	 * Bound on max |õ − o| against the exact layers from the first on: the layer's certificate plus what its exact output
	 * carries on of the error of its input. Absent where a layer so far has no certificate.
	 */
	readonly throughError?: number;
}

/**
 * Layers in a row (Definition 1.1): the output of each is the input of the next, in memory; that of the last goes to
 * `sink`. The certificate of each layer is about the input that it was given; `throughError` is about the whole.
 * @param scale factor of the scores; default: 1/d
 * @param roundedFrom number type that input and weights were rounded from when they were read; default: they were not
 * @throws UsageError when the shapes do not fit, ComputationError as the algorithm does
 */
export async function runLayers(
	chosen: Chosen,
	input: RowSource,
	layers: readonly LayerWeights[],
	scale: number | undefined,
	runtime: Runtime,
	sink: RowSink,
	roundedFrom?: Dtype,
): Promise<LayerRun[]> {
	const runs: LayerRun[] = [];
	let rows = input;
	let error: number | undefined = 0;
	for (const [at, weights] of layers.entries()) {
		const layer = selfAttentionLayer(rows, weights, scale, roundedFrom);
		const carried: number | undefined = error && carriedError(rows, weights, layer.scale, error);
		let result: ForwardResult;
		if (at === layers.length - 1) result = await chosen.algorithm.run(layer, chosen.options, runtime, sink);
		else {
			const { output, ...rest } = await collectRows(layer, (sink) =>
				chosen.algorithm.run(layer, chosen.options, runtime, sink),
			);
			rows = output;
			result = rest;
		}
		const { certificate } = result;
		const isProof = certificate?.kind === "a-priori" || certificate?.kind === "a-posteriori";
		error = isProof && carried !== undefined ? certificate.bound + carried : undefined;
		runs.push({ ...result, ...(error !== undefined && { throughError: error }) });
	}
	return runs;
}
