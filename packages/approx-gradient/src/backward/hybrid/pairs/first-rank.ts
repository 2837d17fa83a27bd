import type { AttentionProblem } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, withKernels } from "@attgrad/matrix-core";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { queryBlocks } from "../../../rows/row-blocks.ts";
import { spansOf } from "../../../rows/spans.ts";
import { subProblem } from "../../../rows/sub-problem.ts";
import { approximateRows, problemHead } from "../hybrid-gradient.ts";
import { hybridKernels } from "../kernels/hybrid-kernels.ts";
import { KernelHead } from "../kernels/kernel-head.ts";
import { exactTime, rankFlops } from "../ranks.ts";
import { EXACT_KEYS } from "./head-ranges.ts";
import { sampledHead } from "./pair-certificate.ts";
import { EXPECTED, rangesOf } from "./sampled-error.ts";

/** Rows of the sample that tells how large ranges are: within a fifth of those of all 8192 on two trained heads. */
const SAMPLE_ROWS = 512;

/** The rank of the look at the sample. */
const LOOK = 64;

/** Ranks that are weighed against each other. */
const RANKS = [...[2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32].map((each) => 16 * each), 768, 1024];

// Rough: the next four decide which rank is tried first, and no bound. Measured on trained heads of 8192 and 16,384 tokens, one thread.

/** A flop of features and sums takes about so many times as long as one of the exact pass: 3.8 and 4 at 8192 tokens, 2.6 at 16,384. More than where rows are proved (`ranks.ts`), as products of values and keys are kept. */
const PER_FLOP = 3;

/** All rows exactly, with their part of the certificate, take about so many times as long as the exact pass: 1.9 and 2 at 8192 tokens, 1.7 at 16,384. */
const ALL_EXACT = 2;

/** Ranges fall about with this power of the rank: from 64 to 128 and 256 with 1.2 to 1.7. */
const DECAY = 1.5;

/** The part of the range that is left when the rows with the largest are exact: 0.46 to 0.72 at 200,000 draws. */
const LEFT = 0.65;

/** A request for a first rank. */
export interface FirstRank {
	readonly epsilon: number;
	/** Features at a rank. */
	readonly mapAt: (rank: number) => Promise<HybridMap>;
	/** The highest rank. */
	readonly highest: number;
	readonly runtime: Runtime;
}

/**
 * The rank to begin with for an accuracy that pairs are to prove: the one whose features and draws take the least time, by the ranges of a sample of rows and keys at one rank. No coins
 * decide, so that the chance of the certificate is that of the ranks which are tried.
 * @returns undefined where all rows exactly take less time
 */
export async function firstRank(
	problem: AttentionProblem<RowSource>,
	{ epsilon, mapAt, highest, runtime }: FirstRank,
): Promise<number | undefined> {
	const { n, d } = problem;
	const look = Math.min(LOOK, highest);
	const range = await sampledRange(problem, await mapAt(look), runtime);
	if (range === undefined) return look;
	const sizes = { queries: { rows: n, cols: d }, values: { rows: n, cols: d + 1 } };
	const drawTime = (EXACT_KEYS * exactTime(sizes)) / (n * n);
	const timeAt = (rank: number): number => {
		const draws = (EXPECTED * LEFT * range * (look / rank) ** DECAY) / epsilon;
		return PER_FLOP * rankFlops(sizes, rank) + draws * drawTime;
	};
	const best = RANKS.filter((rank) => rank <= highest).reduce(
		(least, rank) => (timeAt(rank) < timeAt(least) ? rank : least),
		Math.min(RANKS[0], highest),
	);
	return timeAt(best) < ALL_EXACT * exactTime(sizes) ? best : undefined;
}

/** About the ranges of all pairs, by those of a sample, in the units of the gradient; undefined where nothing can be drawn. */
async function sampledRange(
	problem: AttentionProblem<RowSource>,
	map: HybridMap,
	runtime: Runtime,
): Promise<number | undefined> {
	const sample = subProblem(problem, SAMPLE_ROWS);
	const [block] = queryBlocks(sample, sample.n);
	const head = problemHead(sample, spansOf(sample), block);
	return withKernels(runtime, hybridKernels, async (kernels) =>
		(await KernelHead.of(kernels, map, head)).residualRows(true, async (pass) => {
			const drawn = sampledHead(pass, await approximateRows(pass, map), { head, inputs: block.inputs, map });
			const totals = drawn && (await rangesOf(kernels, drawn));
			const range = totals && totals.range * problem.scale * (problem.n / sample.n);
			return range !== undefined && Number.isFinite(range) && range > 0 ? range : undefined;
		}),
	);
}
