import type { AttentionOperands, KeyIntervals } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";

/** Queries from..to-1 of a head, computed by one task, and the keys keyFrom..keyTo-1 that some of them see. */
export interface Stripe {
	readonly from: number;
	readonly to: number;
	readonly keyFrom: number;
	readonly keyTo: number;
}

/** How a kernel goes through the queries of a head. It depends on the operands alone, so that results do not depend on the threads. */
export interface StripePlan {
	/** Rows of a block, whole panels. */
	readonly blockRows: number;
	/** Keys that are taken at a time. */
	readonly chunk: number;
	/** Keys that a block sees at the most, from the first to the last, with those that fill up groups of six. */
	readonly mostKeys: number;
	/** The stripes of a head, those without visible keys too. */
	readonly stripes: readonly Stripe[];
}

/** Flops that a stripe takes at the most (some 20 ms), and stripes that there are at the least where rows allow it. */
const STRIPE = { flops: 5e8, count: 16 };

/** Bytes of weights of a block that stay in the second cache level, and the most that a thread may hold. */
const WEIGHTS = { cached: 2 ** 20, most: 2 ** 28 };

/** Cuts the queries of a head into blocks and stripes. */
export function planStripes(
	{ lo, hi }: KeyIntervals,
	{ batch, heads, d, d_v, Q }: AttentionOperands<RowSource>,
	panelRows: number,
): StripePlan {
	const n_q = lo.length;
	let [pairs, longest] = [0, 0];
	for (let j = 0; j < n_q; j++) {
		pairs += hi[j] - lo[j];
		longest = Math.max(longest, hi[j] - lo[j]);
	}
	const mean = pairs / n_q;
	const size = Q.dtype === "f64" ? 8 : 4;
	const wanted =
		d + d_v > 32
			? Math.min(64, Math.floor(WEIGHTS.most / (longest * size)))
			: Math.max(16, Math.min(64, Math.floor(WEIGHTS.cached / (longest * size))));
	// A block takes all keys that some row of it sees: no more rows than a row sees keys.
	const rows = Math.max(1, Math.min(n_q, wanted, Math.max(panelRows, mean)));
	const blockRows = Math.ceil(rows / panelRows) * panelRows;

	const flopsOfRow = (6 * (d + d_v) + 40) * Math.max(1, mean);
	const even = Math.ceil((batch * heads * n_q) / STRIPE.count);
	const most = Math.max(blockRows, Math.min(even, Math.floor(STRIPE.flops / flopsOfRow)));
	const stripeRows = Math.ceil(most / blockRows) * blockRows;
	const stripes: Stripe[] = [];
	let mostKeys = 0;
	for (let from = 0; from < n_q; from += stripeRows) {
		const to = Math.min(n_q, from + stripeRows);
		stripes.push({ from, to, ...seenBy(lo, hi, from, to) });
		for (let row = from; row < to; row += blockRows) {
			const { keyFrom, keyTo } = seenBy(lo, hi, row, Math.min(to, row + blockRows));
			mostKeys = Math.max(mostKeys, keyTo - keyFrom);
		}
	}
	return { blockRows, chunk: d + d_v <= 32 ? 252 : 120, mostKeys: mostKeys + 12, stripes };
}

/** The keys that some query of from..to-1 sees, with those that fill up the first and the last group of six. */
function seenBy(lo: Int32Array, hi: Int32Array, from: number, to: number): { keyFrom: number; keyTo: number } {
	let [keyFrom, keyTo] = [Number.POSITIVE_INFINITY, 0];
	for (let j = from; j < to; j++)
		if (lo[j] < hi[j]) {
			keyFrom = Math.min(keyFrom, lo[j]);
			keyTo = Math.max(keyTo, hi[j]);
		}
	if (keyTo === 0) return { keyFrom: 0, keyTo: 0 };
	return { keyFrom: Math.floor(keyFrom / 6) * 6, keyTo: Math.ceil(keyTo / 6) * 6 };
}
