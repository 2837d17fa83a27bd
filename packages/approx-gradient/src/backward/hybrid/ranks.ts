import type { Matrix, Runtime } from "@attgrad/matrix-core";
import { pivotsFor } from "../../feature-maps/hybrid/principal-features.ts";
import { GROUP, rowsAt } from "../../feature-maps/residual-forms.ts";
import { withHeadPasses } from "./head-passes.ts";
import type { HeadFeatures, HybridHead } from "./hybrid-head.ts";
import type { RowPass } from "./row-pass.ts";

/** Ranks that are tried for an accuracy. */
export const RANKS = [112, 192, 384, 768];

/** The sample that tells how many rows a rank leaves exact: its queries, and as many keys; and the least rows of a head that is sampled, so that the sample takes a sixteenth of the time of a pass at most. */
const SAMPLE = { rows: 1024, from: 16 * 1024 };

/** A guess: the largest entry of all rows over that of the sample. It decides which rank is tried first, and no bound. */
export const GROWS = 1.25;

/** About how many times as long a flop of features, sums and bounds takes as one of the exact pass; rough, as it decides only which rank is tried. */
const PER_FLOP = 2;

/** A guess: the least part of the rows that are exact at a rank which the next one leaves exact. A rank is looked at if it may pay then. */
const LEFT = 1 / 3;

/** Sizes of a head. */
interface HeadSizes {
	readonly queries: Pick<Matrix, "rows" | "cols">;
	readonly values: Pick<Matrix, "rows" | "cols">;
}

/** Flops of a row of queries that is exact, in multiply-adds; an exponential counts as 20. */
const exactFlops = ({ queries, values }: HeadSizes): number => values.rows * (6 * queries.cols + 4 * values.cols + 20);

/** Flops of all rows at a rank, in the same way. */
function rankFlops({ queries, values }: HeadSizes, rank: number): number {
	const [d, width, m] = [queries.cols, values.cols, pivotsFor(rank, values.rows)];
	const columns = width * (d + 1);
	// Half of each residual matrix is made.
	return (queries.rows + values.rows) * ((GROUP / 2) * (rank + columns) + rank * columns * 2 + m * (d + 2 + rank));
}

/** Whether a higher rank takes less than half of the time of rows that are exact: it may leave some of them exact too, and the work at this rank is lost. */
export const isHigherRankWorth = (exactRows: number, head: HeadSizes, rank: number): boolean =>
	exactRows * exactFlops(head) > 2 * PER_FLOP * rankFlops(head, rank);

/** Whether a sample tells which of the ranks to begin with. */
export const isSampled = (queries: number, keys: number): boolean => Math.min(queries, keys) >= SAMPLE.from;

/**
 * The rank to begin with. A pass over a sample of queries and keys tells which part of the rows a rank leaves exact: bounds and gradients are means over keys, and those of a sample
 * are about the same. Higher ranks are looked at while they may take less time in all.
 * @param exactRows counts the rows of a pass over the sample that would be exact
 * @returns undefined where all rows take less time exactly than at any rank
 */
export async function firstRank(
	head: HybridHead,
	features: HeadFeatures,
	exactRows: (rows: RowPass, head: HybridHead) => number,
	runtime: Runtime,
): Promise<number | undefined> {
	const sample = sampleOf(head);
	const timeAt = (rank: number) => PER_FLOP * rankFlops(head, rank);
	const ofRows = (share: number) => share * head.queries.rows * exactFlops(head);
	let best: { readonly rank?: number; readonly time: number } = { time: ofRows(1) };
	let left = 0;
	for (const rank of RANKS) {
		if (timeAt(rank) + ofRows(LEFT * left) >= best.time) break;
		const { map, more } = await features.at(rank);
		const rows = await withHeadPasses(map, sample, runtime, (passes) => passes.rows());
		left = exactRows(rows, sample) / sample.queries.rows;
		const time = timeAt(rank) + ofRows(left);
		if (time < best.time) best = { rank, time };
		if (!more) break;
	}
	return best.rank;
}

/** Queries and keys at equal steps. */
function sampleOf(head: HybridHead): HybridHead {
	const some = (rows: number) =>
		Array.from({ length: SAMPLE.rows }, (_, i) => Math.floor(((i + 0.5) * rows) / SAMPLE.rows));
	const [queries, keys] = [some(head.queries.rows), some(head.keys.rows)];
	return {
		...head,
		queries: rowsAt(head.queries, queries),
		upstream: rowsAt(head.upstream, queries),
		keys: rowsAt(head.keys, keys),
		middleKeys: rowsAt(head.middleKeys, keys),
		values: rowsAt(head.values, keys),
	};
}
