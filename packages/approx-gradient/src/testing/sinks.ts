import { createBackwardProblem, type Visibility } from "@attgrad/attention-problem";
import { type Dtype, Matrix, seededRandom } from "@attgrad/matrix-core";

/** Sizes of a problem with a sink, and its mask. */
export interface SinkSizes {
	readonly batch?: number;
	readonly heads?: number;
	readonly keyHeads?: number;
	/** Added to every key, and to every value. */
	readonly offset?: number;
	readonly dtype?: Dtype;
	/** Of the first key, times the others. */
	readonly sink?: number;
	readonly n_q?: number;
	readonly n_k?: number;
	readonly visibility?: Visibility;
}

/** Queries of which one in five looks at the first key, which is far longer than the others, or away from it. */
export function sinks({
	batch = 1,
	heads = 1,
	keyHeads = heads,
	offset = 0,
	dtype = "f64",
	sink = 100,
	n_q = 20,
	n_k = 31,
	visibility = { mask: "none" },
}: SinkSizes = {}) {
	const random = seededRandom(5, `${heads} ${offset} ${sink}`);
	const [d, d_v] = [3, 2];
	const rows = (count: number, cols: number, entry: (row: number) => number): Matrix =>
		Matrix.build(count, cols, entry).as(dtype);
	const Q = rows(batch * heads * n_q, d, (j) => (j % 5 === 4 ? 4 : 0.02) * random.uniform(-1, 1));
	const K = rows(batch * keyHeads * n_k, d, (l) => offset + (l % n_k === 0 ? sink : 1) * 0.05 * random.uniform(0.5, 1));
	const V = rows(batch * keyHeads * n_k, d_v, () => offset + random.uniform(-1, 1));
	const dO = rows(batch * heads * n_q, d_v, () => random.uniform(-1, 1));
	const array = (rows: Matrix, heads: number) => ({
		rows,
		shape: [batch, heads, rows.rows / (batch * heads), rows.cols],
	});
	return createBackwardProblem(
		{ Q: array(Q, heads), K: array(K, keyHeads), V: array(V, keyHeads), dO: array(dO, heads) },
		{ scale: 0.7, visibility },
	);
}

const causal: Visibility = { mask: "causal" };

/** Masks with rows of their own intervals that no polynomial serves, enough for a pass of their own. */
export const maskedSinks: readonly SinkSizes[] = [
	{ n_q: 220, n_k: 220, visibility: causal },
	{ n_q: 150, n_k: 220, visibility: causal, offset: 1e3 },
	{ n_q: 220, n_k: 150, visibility: causal, dtype: "f32" },
	{ n_q: 330, n_k: 330, visibility: { ...causal, window: 120 } },
	{ heads: 4, keyHeads: 2, n_q: 150, n_k: 150, visibility: causal, offset: -3 },
	{ n_q: 350, n_k: 350, visibility: { mask: "none", lengths: [200, 1, 149] } },
	{ n_q: 350, n_k: 350, visibility: { ...causal, lengths: [250, 3, 97] } },
];
