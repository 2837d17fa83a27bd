import {
	type LayerRun,
	type OpenLayers,
	openLayers,
	projectedLayer,
	type RowSink,
	runLayers,
	scaleOf,
	writeNpyRows,
} from "@attgrad/attention-problem";
import { peakRssMb } from "@attgrad/harness/gradient";
import { ComputationError, Matrix, type Runtime, UsageError } from "@attgrad/matrix-core";
import { outputPath } from "../../files/output-file.ts";
import type { GivenFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { describeForward, describeForwardFailure, printForward } from "./answer.ts";
import { answerOperator, openOperator } from "./operator.ts";
import { type ForwardRequest, readForwardRequest } from "./request.ts";

/** Entries up to which the answer carries the whole output. */
const SHOWN_ENTRIES = 1024;

/** Statistics of an output, collected as its rows pass. */
interface Seen {
	largest: number;
	squares: number;
	/** The output, where it is small. */
	readonly whole: Matrix | undefined;
}

/**
 * Reads layers, computes the output of the last, writes it where asked and prints the answer. Rows of the file are read
 * when they are needed, and those of the output are written as they come.
 * @throws UsageError for a wrong call or input; ComputationError when the output cannot be had as asked
 */
export async function answerForward(given: GivenFlags): Promise<void> {
	const request = readForwardRequest(given);
	const { out, json, dtype } = request;
	const input = String(given["layer"]);
	const target = out === undefined ? undefined : await outputPath(out, { ending: ".npy", input });
	const operator = await openOperator(request, input);
	if (operator) return answerOperator(request, operator, target);
	const opened = await openLayers(input, dtype);
	const file = request.scale === undefined ? opened : { ...opened, scale: scaleOf(request.scale, opened.d) };
	const progress = progressLine();
	try {
		refuseLayers(request, file);
		const runtime = await openRuntime(request, progress);
		try {
			const { n, d } = file;
			const seen: Seen = { largest: 0, squares: 0, whole: n * d <= SHOWN_ENTRIES ? Matrix.zeros(n, d) : undefined };
			const run = (write: (rows: Matrix) => void) => compute(request, file, runtime, watched(seen, write));
			const start = performance.now();
			const layers =
				target === undefined
					? await run(() => {})
					: await writeNpyRows(target, { rows: n, cols: d, dtype: file.dtype }, (write) => run(write));
			const milliseconds = performance.now() - start;
			progress.clear();
			const computed = { request, file, layers, ...seen, milliseconds, peakRssMb: peakRssMb(), runtime };
			printForward(describeForward(computed), json);
		} finally {
			await runtime.close();
		}
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError)
			console.log(JSON.stringify(describeForwardFailure(request, file, failure)));
		throw failure;
	} finally {
		file.close();
	}
}

/** @throws UsageError for more layers than there can be */
function refuseLayers({ layers = 1 }: ForwardRequest, { inputs }: OpenLayers): void {
	if (inputs.kind === "projections" && layers > 1)
		throw new UsageError(`--layers ${layers}: Q, K, V are those of one layer; layers in a row need E and weights`);
	if (inputs.kind === "tokens" && inputs.layers.length > 1 && layers > inputs.layers.length)
		throw new UsageError(
			`--layers must be at most ${inputs.layers.length}, as many as there are weights, got ${layers}`,
		);
}

async function compute(
	{ forward, options, layers }: ForwardRequest,
	{ inputs, scale, roundedFrom }: OpenLayers,
	runtime: Runtime,
	sink: RowSink,
): Promise<LayerRun[]> {
	if (inputs.kind === "projections") {
		const result = await forward.run({ ...projectedLayer(inputs, scale), roundedFrom }, options, runtime, sink);
		return [{ ...result, ...(result.certificate && { throughError: result.certificate.bound }) }];
	}
	const count = layers ?? inputs.layers.length;
	const stack = Array.from({ length: count }, (_, at) => inputs.layers[inputs.layers.length > 1 ? at : 0]);
	return runLayers({ algorithm: forward, options }, inputs.E, stack, scale, runtime, sink, roundedFrom);
}

/** A sink that takes note of rows before they are written. */
function watched(seen: Seen, write: (rows: Matrix) => void): RowSink {
	return (from, rows) => {
		for (const x of rows.data) {
			seen.largest = Math.max(seen.largest, Math.abs(x));
			seen.squares += x * x;
		}
		seen.whole?.data.set(rows.data, from * rows.cols);
		write(rows);
	};
}
