import { type BackwardProblem, visibleKeys, visiblePairs } from "@attgrad/attention-problem";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { type CostModel, nominalModel } from "../../planner/costs/cost-model.ts";
import { backwardHybrid } from "../hybrid/hybrid-backward.ts";
import { whyNotHybrid } from "../hybrid/hybrid-options.ts";
import { isSampled, RANKS } from "../hybrid/ranks.ts";
import type { BackwardAccuracy } from "./expected-degree.ts";
import { layerSample } from "./layer-sample.ts";

/** Rows of the first head that a run is foreseen from. */
const ROWS = 1024;

/** The time and rank that a run by `hybrid` is expected to have, or the reason why it is no choice. */
export type HybridForesight =
	| { readonly milliseconds: number; readonly rank: number; readonly exactShare: number; readonly reason?: undefined }
	| { readonly reason: string; readonly milliseconds?: number };

/** Pivots among few rows leave less of these than of many: a sample has to prove so many times less. */
const MARGIN = 4;

/** Milliseconds of a run over all heads that ends at a rank, after the lower ones have been tried (on a sample where rows are many), with a share of the queries exact. */
export function hybridTime(
	{ batch, heads, n_q, n_k, d, d_v, visibility }: BackwardProblem<RowSource>,
	model: CostModel,
	rank: number,
	exactShare: number,
): number {
	const n = (n_q + n_k) / 2;
	const timeAt = (size: number) => model.timeOf("backward/hybrid", { n, d, valueWidth: d_v, size: Math.min(size, n) });
	const tried = isSampled(n_q, n_k) ? [] : RANKS.filter((lower) => lower < rank);
	const ofHead = tried.reduce((sum, lower) => sum + timeAt(lower), timeAt(rank));
	if (exactShare === 0) return batch * heads * ofHead;
	const pairs = exactShare * visiblePairs(visibleKeys(visibility, n_q, n_k));
	return batch * heads * (ofHead + model.timeOf("backward/streaming", { n, d, valueWidth: d_v, pairs }));
}

/** Parts of the time of the other way: a sample is run if the lowest rank and the sample are expected to take less; `hybrid` is chosen if its run is. */
const MOST = { lowest: 0.7, sample: 0.1, chosen: 0.85 };

/** The highest rank of most runs on a sample. */
const SAMPLE_RANK = 256;

/**
 * The choice of `hybrid` in place of another way, by nominal times: where it may take much less and a sample costs little beside that.
 * @param share time of the other way over that of the exact pass
 */
export async function hybridChoice(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	share: number,
	runtime: Runtime,
): Promise<{ readonly why: string } | undefined> {
	const model = nominalModel;
	const { batch, heads, n_q, n_k, d, d_v } = problem;
	const n = (n_q + n_k) / 2;
	const exact = batch * heads * model.timeOf("backward/streaming", { n, d, valueWidth: d_v, pairs: n_q * n_k });
	const other = share * exact;
	const rows = Math.min(n, ROWS);
	const sampled = hybridTime({ ...problem, batch: 1, heads: 1, n_q: rows, n_k: rows }, model, SAMPLE_RANK, 0);
	// Plain TypeScript has other times, and a sample would take long.
	if (runtime.kernel === "js" || !(sampled < MOST.sample * other)) return undefined;
	const foreseen = await foreseeHybrid(problem, asked, { model, most: MOST.lowest * other }, runtime);
	if (foreseen.reason !== undefined || !(foreseen.milliseconds < MOST.chosen * other)) return undefined;
	const times = (exact / foreseen.milliseconds).toPrecision(2);
	const exactly =
		foreseen.exactShare > 0 ? ` and some ${(100 * foreseen.exactShare).toPrecision(2)} % of the rows exactly` : "";
	return { why: `rank ${foreseen.rank}${exactly}, expected to be ${times} times as fast as the exact pass` };
}

/** Why the time of `hybrid` is not foreseen. */
const whyNotForeseen = ({ visibility: { mask, lengths } }: BackwardProblem<RowSource>): string | undefined =>
	mask === "none" && lengths === undefined ? undefined : "its time is predicted without a mask only";

/**
 * Foresees a run by `hybrid` that proves an accuracy, by a run on a sample of the first head that proves a part of it: its rank, and the rows that it computes exactly. No
 * sample is taken where the lowest rank takes longer than `most` milliseconds.
 */
export async function foreseeHybrid(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	{ model, most }: { readonly model: CostModel; readonly most: number },
	runtime: Runtime,
): Promise<HybridForesight> {
	const reason = whyNotHybrid(problem) ?? whyNotForeseen(problem);
	if (reason !== undefined) return { reason };
	const least = hybridTime(problem, model, RANKS[0], 0);
	if (!(least < most)) return { milliseconds: least, reason: `takes longer at rank ${RANKS[0]}, whatever that proves` };
	const sample = layerSample(problem, ROWS);
	try {
		const { epsilon, relative } = asked;
		const options = backwardHybrid.options.parse({
			...(epsilon !== undefined && { epsilon: epsilon / MARGIN }),
			...(relative !== undefined && { relative: relative / MARGIN }),
		});
		const { rank = [RANKS[0]], exactRows = 0 } = await backwardHybrid.run(sample, options, runtime);
		const highest = Math.max(...[rank].flat());
		const exactShare = exactRows / sample.n_q;
		return { milliseconds: hybridTime(problem, model, highest, exactShare), rank: highest, exactShare };
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { reason: `on ${sample.n_q} rows of the first head: ${failure.message}` };
	}
}
