import type { AttentionLayer, ForwardResult, RowSink } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { ComputationError, type RowSource, type Runtime, shortDuration } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../accuracy.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { prepareForward } from "../polynomial/polynomial-forward.ts";
import { outputTarget } from "../relative/output-size.ts";
import { calibratedModel } from "./costs/calibration.ts";

/** How an output is best computed on this machine. */
export interface ForwardPlan {
	readonly algorithm: "streaming" | "polynomial";
	/** Why, in words, with the predicted times. */
	readonly why: string;
	run(sink: RowSink): Promise<ForwardResult>;
}

/** The error to prove: of every entry, or as a part of the largest one; default: relative 1e-3. */
export interface AskedError {
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
}

/**
 * The cheaper of the exact output and the polynomial one that certifies what is asked for, by times predicted for this machine, which is
 * measured once for some tenths of a second. Where even degree 1 would not pay the rows are not looked at.
 */
export async function planForward(
	layer: AttentionLayer<RowSource>,
	asked: AskedError,
	runtime: Runtime,
): Promise<ForwardPlan> {
	const { n, d } = layer;
	const model = await calibratedModel(runtime, layer.A1.dtype, ["forward/streaming", "forward/polynomial"]);
	const exactTime = model.timeOf("forward/streaming", { n, d });
	const polynomialTime = (size: number) => model.timeOf("forward/polynomial", { n, d, size });
	const exact = (why: string): ForwardPlan => ({
		algorithm: "streaming",
		why: `${shortDuration(exactTime)} predicted; ${why}`,
		run: (sink) => exactForward.run(layer, {}, runtime, sink),
	});
	if (polynomialTime(countMonomials(d, 1)) >= exactTime) return exact(`no polynomial is faster at n = ${n}`);
	try {
		const { epsilon, relative = DEFAULT_RELATIVE } = asked;
		const target = outputTarget(layer, { epsilon, relative });
		const { degree, rank, run } = await prepareForward(layer, target.epsilon, runtime);
		const time = polynomialTime(rank);
		const what = `degree ${degree}, K = ${rank}: ${shortDuration(time)}`;
		if (time >= exactTime) return exact(`a polynomial of ${what}`);
		return {
			algorithm: "polynomial",
			why: `${what} predicted; exact: ${shortDuration(exactTime)}`,
			run: remarked(run, target.remark),
		};
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return exact(failure.message);
	}
}

/** A run whose result carries a remark, where there is one. */
const remarked = (run: ForwardPlan["run"], remark: string | undefined): ForwardPlan["run"] =>
	remark === undefined ? run : async (sink) => ({ ...(await run(sink)), remark });
