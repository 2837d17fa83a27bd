import type { AttentionLayer, ForwardResult, RowSink } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { ComputationError, type RowSource, type Runtime, shortDuration } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../accuracy.ts";
import { layerFits, prepareLayerOutput, SAMPLED } from "../backward/output/layer-output.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { handedOver, prepareForward } from "../polynomial/polynomial-forward.ts";
import { outputTarget } from "../relative/output-size.ts";
import { calibratedModel } from "./costs/calibration.ts";
import type { CostModel } from "./costs/cost-model.ts";

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

/** A way to compute an output, with its predicted time; or why there is none. */
type Candidate =
	| { readonly words: string; readonly time: number; readonly run: ForwardPlan["run"] }
	| { readonly words: string; readonly run?: undefined };

/** Milliseconds with polynomials of rows from which one polynomial for all rows is looked at too: a look takes some tens of them. */
const LONG_RUN = 100;

/**
 * The cheapest of the exact output, polynomials of rows and one polynomial for all rows, of those that prove what is asked for, by times predicted
 * for this machine, which is measured once for some tenths of a second. Where even degree 1 would not pay the rows are not looked at.
 */
export async function planForward(
	layer: AttentionLayer<RowSource>,
	{ epsilon, relative = DEFAULT_RELATIVE }: AskedError,
	runtime: Runtime,
): Promise<ForwardPlan> {
	const { n, d } = layer;
	const names = ["forward/streaming", "forward/polynomial", "forward/gauss"] as const;
	const model = await calibratedModel(runtime, layer.A1.dtype, names);
	const exactTime = model.timeOf("forward/streaming", { n, d });
	const runExact: ForwardPlan["run"] = (sink) => exactForward.run(layer, {}, runtime, sink);
	const exact = (why: string): ForwardPlan => ({
		algorithm: "streaming",
		why: `${shortDuration(exactTime)} predicted; ${why}`,
		run: runExact,
	});
	if (model.timeOf("forward/polynomial", { n, d, size: countMonomials(d, 1) }) >= exactTime)
		return exact(`no polynomial is faster at n = ${n}`);
	const asked = { epsilon, relative: epsilon === undefined ? relative : undefined };
	const rows = await byRows(layer, asked, { model, exactTime, runExact }, runtime);
	const one =
		rows.run && rows.time < Math.min(LONG_RUN, exactTime) ? undefined : await byOne(layer, asked, model, runtime);
	const all = [rows, ...(one ? [one] : [])];
	let best: Extract<Candidate, { time: number }> | undefined;
	for (const candidate of all) if (candidate.run && !(best && best.time <= candidate.time)) best = candidate;
	if (!best) return exact(all[all.length - 1].words);
	const what = `${best.words}: ${shortDuration(best.time)}`;
	if (best.time >= exactTime) return exact(`a polynomial of ${what}`);
	return { algorithm: "polynomial", why: `${what} predicted; exact: ${shortDuration(exactTime)}`, run: best.run };
}

/** With a polynomial for each row; exactly, should no degree prove what the sample promised. */
async function byRows(
	layer: AttentionLayer<RowSource>,
	asked: AskedError,
	{ model, exactTime, runExact }: { model: CostModel; exactTime: number; runExact: ForwardPlan["run"] },
	runtime: Runtime,
): Promise<Candidate> {
	const { n, d } = layer;
	const timeOf = (degree: number): number => {
		const [size, raisedSize] = [countMonomials(d, degree), countMonomials(d, degree + 1)];
		return model.timeOf("forward/gauss", { n, d, size, raisedSize, degree });
	};
	if (n < SAMPLED || !layerFits(layer)) return { words: "polynomials of rows are for rows in memory" };
	return orWhyNot(async () => {
		const { degree, rank, run } = await prepareLayerOutput(layer, asked, runtime, {
			pays: (tried) => timeOf(tried) < exactTime,
		});
		return {
			words: `rows' own degree ${degree}, K = ${rank}`,
			time: timeOf(degree),
			run: async (sink) => {
				try {
					const { rowBounds, ...result } = handedOver(await run(), sink);
					return result;
				} catch (failure) {
					if (!(failure instanceof ComputationError)) throw failure;
					return { ...(await runExact(sink)), remark: `exact: ${failure.message}` };
				}
			},
		};
	});
}

/** With one polynomial for all rows. */
function byOne(
	layer: AttentionLayer<RowSource>,
	{ epsilon, relative = DEFAULT_RELATIVE }: AskedError,
	model: CostModel,
	runtime: Runtime,
): Promise<Candidate> {
	const { n, d } = layer;
	return orWhyNot(async () => {
		const target = outputTarget(layer, { epsilon, relative });
		const { degree, rank, run } = await prepareForward(layer, target.epsilon, runtime);
		return {
			words: `degree ${degree}, K = ${rank}`,
			time: model.timeOf("forward/polynomial", { n, d, size: rank }),
			run: remarked(run, target.remark),
		};
	});
}

async function orWhyNot(candidate: () => Promise<Candidate>): Promise<Candidate> {
	try {
		return await candidate();
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { words: failure.message };
	}
}

/** A run whose result carries a remark, where there is one. */
const remarked = (run: ForwardPlan["run"], remark: string | undefined): ForwardPlan["run"] =>
	remark === undefined ? run : async (sink) => ({ ...(await run(sink)), remark });
