import { type AttentionOperands, type Reason, visibleKeys, visiblePairs } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";

/** Flops that no one waits for, and those of a thread in a day at some 10 a nanosecond. */
const MOST_FLOPS = 1e16;
const FLOPS_OF_DAY = 8.64e14;

/** Flops of an exponential. */
const EXPONENTIAL = 20;

/** Flops of a visible pair for each column of keys and values: the output alone, or the gradients too. */
export const FLOPS_OF_COLUMN = { forward: 2, backward: 6 } as const;

/** The sizes that decide how long an exact pass takes. */
type Sizes = Pick<AttentionOperands<RowSource>, "batch" | "heads" | "n_q" | "n_k" | "d" | "d_v" | "visibility">;

/**
 * Whether all visible pairs can be looked at within days; else the reason, with what would do.
 * @param masks whether the caller has masks to offer
 */
export function withinDays(
	{ batch, heads, n_q, n_k, d, d_v, visibility }: Sizes,
	flopsOfColumn: number,
	masks = true,
): true | Reason {
	const flopsOf = (pairs: number): number => batch * heads * pairs * (flopsOfColumn * (d + d_v) + EXPONENTIAL);
	// Intervals are made only where they may matter.
	if (flopsOf(n_q * n_k) <= MOST_FLOPS) return true;
	const isWhole = visibility.mask === "none" && visibility.lengths === undefined;
	const flops = flopsOf(isWhole ? n_q * n_k : visiblePairs(visibleKeys(visibility, n_q, n_k)));
	if (flops <= MOST_FLOPS) return true;
	const days = Math.round(flops / FLOPS_OF_DAY);
	return {
		reason: `streaming: ${n_q} x ${n_k} visible pairs would take about ${days} days; use --algorithm polynomial with --relative or --epsilon${masks ? ", or --mask causal with a --window" : ""}`,
	};
}
