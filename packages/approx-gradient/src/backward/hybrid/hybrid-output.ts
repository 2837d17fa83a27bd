import {
	type AttentionLayer,
	type AttentionOperands,
	createOperands,
	defineForward,
	type Head,
	headsOf,
	provedRelative,
} from "@attgrad/attention-problem";
import { ComputationError, Matrix, maxAbs, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";
import type { z } from "zod";
import { ABSOLUTE_OF_ZERO, bestProved, DEFAULT_RELATIVE } from "../../accuracy.ts";
import { bounded, plus, rootUp, times } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { largestOf } from "../part-bounds.ts";
import { withStorage } from "../polynomial-backward.ts";
import { exactPart } from "./exact-part.ts";
import { withHeadPasses } from "./head-passes.ts";
import { HeadFeatures, type HybridHead, hybridHead } from "./hybrid-head.ts";
import { hybridOptions, SHARE, SURE, whyNotHybrid } from "./hybrid-options.ts";
import { type HeadMask, headMask } from "./masked/head-mask.ts";
import { isHigherRankWorth, RANKS } from "./ranks.ts";
import type { RowPass } from "./row-pass.ts";

type Options = z.output<typeof hybridOptions>;

/** An output by `hybrid` and what is proved of it. */
export interface HybridOperatorOutput {
	/** (batch · heads · n_q) x d_v, in the number type of the operands. */
	readonly output: Matrix;
	/** The highest number of features of a head. */
	readonly rank: number;
	/** Rows that were computed exactly. */
	readonly exactRows: number;
	/** At least the length of the error of every row of the output, and of each. */
	readonly bound: number;
	readonly rowBounds: Float64Array;
}

/**
 * softmax(scale · Q Kᵀ) V of trained heads by low rank, as `backwardHybrid` without its gradients: O(n K (K + d_v)). The rank is the given one, or the first
 * of `RANKS` that proves `epsilon` of the length of every row's error, or `relative` of it against the largest entry of its head; rows that are not proved are exact.
 * @throws ComputationError for numbers that were rounded, and where no rank proves what is asked for
 */
export async function hybridOperatorOutput(
	operands: AttentionOperands<RowSource>,
	asked: Options,
	runtime: Runtime,
): Promise<HybridOperatorOutput> {
	const refusal = whyNotHybrid(operands);
	if (refusal !== undefined) throw new ComputationError("invalid", refusal);
	const { Q, batch, heads, n_q, d_v } = operands;
	const output = Matrix.zeros(batch * heads * n_q, d_v);
	const rowBounds = new Float64Array(output.rows);
	let [rank, exactRows] = [0, 0];
	const mask = headMask(operands, asked.chunk);
	for (const head of headsOf(operands)) {
		const made = await outputOf(head, { scale: operands.scale, mask }, asked, runtime);
		output.data.set(made.output.data, head.index * n_q * d_v);
		rowBounds.set(made.rows, head.index * n_q);
		rank = Math.max(rank, made.rank);
		exactRows += made.exactRows;
		runtime.onProgress?.(head.index + 1, batch * heads);
	}
	requireFinite("hybrid", { output });
	const ofStorage = withStorage(output, Q.dtype, d_v);
	const stored = (bound: number): number => ofStorage(bounded(bound));
	const bound = stored(largestOf(rowBounds));
	return { output: output.as(Q.dtype), rank, exactRows, bound, rowBounds: rowBounds.map(stored) };
}

/** The output of a head, with bounds on the lengths of the errors of its rows. */
interface HeadOutput {
	readonly output: Matrix;
	readonly rows: Float64Array;
	readonly rank: number;
	readonly exactRows: number;
}

async function outputOf(
	given: Head<RowSource>,
	{ scale, mask }: { readonly scale: number; readonly mask: HeadMask | undefined },
	{ rank: only, epsilon, relative, seed }: Options,
	runtime: Runtime,
): Promise<HeadOutput> {
	const wanted = relative ?? (only === undefined && epsilon === undefined ? DEFAULT_RELATIVE : undefined);
	const head = forOutput(hybridHead({ ...given, dO: Matrix.zeros(given.Q.rows, given.V.cols) }, scale, mask));
	const limitOf = (size: number): number =>
		epsilon ?? (wanted === undefined ? Infinity : size > 0 ? wanted * size : ABSOLUTE_OF_ZERO);
	const ranks = only === undefined ? RANKS : [only];
	const features = await HeadFeatures.of(head, seed, ranks[0], runtime);
	let best = Number.POSITIVE_INFINITY;
	for (const [i, rank] of ranks.entries()) {
		const { map, more } = await features.at(rank, only === undefined ? "proved" : "fixed");
		const rows = await withHeadPasses(map, head, runtime, (passes) => passes.rows());
		const { output, bounds } = mappedRows(rows, head);
		const exact = exactRowsOf(rows, bounds, output, limitOf);
		const isLast = i === ranks.length - 1 || !more;
		if (!isLast && isHigherRankWorth(exact.length, head, ranks[i + 1])) continue;
		if (exact.length > 0) {
			const values = Matrix.build(head.keys.rows, output.cols, (l, c) => head.values.at(l, c) + head.valueCentre[c]);
			const made = await exactPart(head, values, exact, runtime);
			for (const [at, j] of exact.entries()) {
				output.row(j).set(made.outputs.row(at));
				bounds[j] = made.bounds.output;
			}
		}
		const share = bounded(largestOf(bounds) / limitOf(maxAbs(output)));
		if (only !== undefined || share <= 1) return { output, rows: bounds, rank: map.rank, exactRows: exact.length };
		best = Math.min(best, share);
		if (isLast) break;
	}
	const accuracy = epsilon === undefined ? `relative ${wanted}` : `epsilon ${epsilon}`;
	throw new ComputationError(
		"failed",
		`hybrid: no rank up to ${RANKS.at(-1)} proves the output to ${accuracy}; ${bestProved(best)}; use streaming`,
	);
}

/** The head without what only gradients need: keys about their centre have no columns. */
const forOutput = (head: HybridHead): HybridHead => ({
	...head,
	middleKeys: Matrix.zeros(head.keys.rows, 0),
	keyHalf: new Float64Array(0),
});

/** Output of all rows, and at least the length of the error of each: that of an entry, and of adding the values' centre to it. */
function mappedRows(rows: RowPass, { valueCentre, valueHalf }: HybridHead): { output: Matrix; bounds: Float64Array } {
	const { outputs, outputBounds } = rows;
	const output = Matrix.build(outputs.rows, outputs.cols, (j, i) => outputs.at(j, i) + valueCentre[i]);
	const root = rootUp(outputs.cols);
	const bounds = outputBounds.map((bound, j) => {
		let size = 0;
		for (let i = 0; i < outputs.cols; i++)
			size = Math.max(size, plus(Math.abs(valueCentre[i]), plus(valueHalf[i], Math.abs(outputs.at(j, i)))));
		return times(root, plus(plus(bound, times(8 * 2 ** -53, size)), 2 ** -500));
	});
	return { output, bounds };
}

/** Queries whose rows are not proven well enough. */
function exactRowsOf(
	{ normaliser, nu }: RowPass,
	bounds: Float64Array,
	output: Matrix,
	limitOf: (size: number) => number,
): number[] {
	const sure = (j: number) => normaliser[j] > 0 && nu[j] < SURE && Number.isFinite(bounds[j]);
	let size = 0;
	for (let j = 0; j < output.rows; j++) if (sure(j)) for (const x of output.row(j)) size = Math.max(size, Math.abs(x));
	const limit = SHARE * limitOf(size);
	return Array.from(bounds.keys()).filter((j) => !sure(j) || bounds[j] > limit);
}

/** The output of a layer of queries, keys and values by `hybridOperatorOutput`. */
export const hybridForward = defineForward({
	name: "hybrid",
	summary: "low rank in balanced score directions for trained heads, rows that stick out exactly",
	exact: false,
	options: hybridOptions,
	async run(layer, asked, runtime, sink) {
		const { output, rank, bound } = await hybridOperatorOutput(operandsOf(layer), asked, runtime);
		sink(0, output);
		const share = provedRelative(bound, maxAbs(output));
		const kind = Number.isFinite(bound) ? ("a-posteriori" as const) : ("none" as const);
		return {
			rank,
			...(Number.isFinite(share) && { relative: share }),
			certificate: { kind, bound, radius: Infinity, relativeError: Infinity, floatFloor: 0 },
		};
	},
});

/** @throws UsageError for a layer of tokens and weights */
function operandsOf({ A1, A2, A3, X, Y, scale, roundedFrom, d, weightError }: AttentionLayer<RowSource>) {
	const isOne = (M: Matrix) => M.data.every((x, at) => x === (at % (d + 1) === 0 ? 1 : 0));
	if (!isOne(X) || !isOne(Y) || weightError)
		throw new UsageError("hybrid: takes Q, K and V of a layer, not tokens and weights; use polynomial or exact");
	return createOperands({ Q: A1, K: A2, V: A3 }, { scale, ...(roundedFrom !== undefined && { roundedFrom }) });
}
