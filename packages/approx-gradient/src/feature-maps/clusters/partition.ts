import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, scale } from "@attgrad/matrix-core";
import { times } from "../../error-bound/index.ts";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
import { centred, distance, type Spans } from "../../rows/spans.ts";
import { predictedFeatures } from "../polynomial/degree-choice.ts";
import { type Clustering, clusterPoints, nearest, spreadRows } from "./clustering.ts";

const BLOCK_ROWS = 512;

/** Rows that the clusters are found on. */
export const SAMPLE_ROWS = 2048;

/** Numbers of clusters that are tried where none is given. */
const COUNTS = [1, 2, 4, 8, 16, 32, 64];

/** Clusters of queries (centres ν_a) and of keys (centres μ_e), keys about their midrange, with what is true of all rows. */
export interface Partition {
	readonly nu: Matrix;
	readonly mu: Matrix;
	/** Largest ρ_a, largest σ_e, and their product R. */
	readonly queryRadius: number;
	readonly keyRadius: number;
	readonly radius: number;
	/** σ_e and n_e of each key cluster. */
	readonly keyRadii: Float64Array;
	readonly keySizes: Float64Array;
	/** Mean of the keys of each cluster, which may be a little off its centre. */
	readonly keyMeans: Matrix;
	/** m_ae: largest <ν_a, k_l − μ_e> over the keys of cluster e. */
	readonly tilts: Matrix;
	readonly queryNorm: number;
}

/** How many clusters; chosen by predicted cost where not given. */
export interface PartitionOptions {
	readonly queryClusters?: number | undefined;
	readonly keyClusters?: number | undefined;
	/** Relative error that the costs are predicted for. */
	readonly delta: number;
	/** Cost of a feature, up to a factor, with so many clusters of queries and of keys. @default their sum */
	readonly cost?: (ofQueries: number, ofKeys: number) => number;
}

/** Finds clusters on a sample, then measures them on all rows: one pass over keys, one over queries. O(n(C_q + C_k)d + C_q n d). */
export function partitionOf(
	problem: AttentionProblem<RowSource>,
	spans: Spans,
	{ queryClusters, keyClusters, delta, cost = (ofQueries, ofKeys) => ofQueries + ofKeys }: PartitionOptions,
): Partition {
	const { d } = problem;
	const queries = scale(multiply(spreadRows(problem.A1, SAMPLE_ROWS), problem.X.as("f64")), problem.scale);
	const keys = centred(spreadRows(problem.A2, SAMPLE_ROWS), spans.keyCentre);
	const [queryClustering, keyClustering] = cheapest(
		(queryClusters === undefined ? COUNTS : [queryClusters]).map((count) => clusterPoints(queries, count)),
		(keyClusters === undefined ? COUNTS : [keyClusters]).map((count) => clusterPoints(keys, count)),
		(q, k) => cost(q.centres.rows, k.centres.rows) * predictedFeatures(d, q.radius * k.radius, delta),
	);
	const nu = queryClustering.centres;
	const mu = keyClustering.centres;
	const keyRadii = new Float64Array(mu.rows);
	const keySizes = new Float64Array(mu.rows);
	const keyMeans = Matrix.zeros(mu.rows, d);
	const tilts = Matrix.build(nu.rows, mu.rows, () => Number.NEGATIVE_INFINITY);
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		const rows = centred(block.keys, spans.keyCentre);
		for (let l = 0; l < rows.rows; l++) {
			const e = nearest(rows.row(l), mu);
			keySizes[e]++;
			for (let b = 0; b < d; b++) keyMeans.data[e * d + b] += rows.at(l, b);
			keyRadii[e] = Math.max(keyRadii[e], distance(rows.row(l), mu.row(e)));
			for (let a = 0; a < nu.rows; a++) {
				const at = a * mu.rows + e;
				tilts.data[at] = Math.max(tilts.data[at], tiltOf(rows.row(l), mu.row(e), nu.row(a)));
			}
		}
	}
	for (let at = 0; at < keyMeans.data.length; at++) keyMeans.data[at] /= Math.max(1, keySizes[Math.floor(at / d)]);
	const origin = new Float64Array(d);
	let [queryRadius, queryNorm] = [0, 0];
	for (const block of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < block.queries.rows; j++) {
			const q = block.queries.row(j);
			queryRadius = Math.max(queryRadius, distance(q, nu.row(nearest(q, nu))));
			queryNorm = Math.max(queryNorm, distance(q, origin));
		}
	const keyRadius = Math.max(...keyRadii);
	const radius = times(queryRadius, keyRadius);
	return { nu, mu, queryRadius, keyRadius, radius, keyRadii, keySizes, keyMeans, tilts, queryNorm };
}

/** <ν, k − μ>. */
export function tiltOf(key: ArrayLike<number>, mu: ArrayLike<number>, nu: ArrayLike<number>): number {
	let sum = 0;
	for (let b = 0; b < key.length; b++) sum += nu[b] * (key[b] - mu[b]);
	return sum;
}

/** The pair of the least cost; the most clusters where none is good enough. */
function cheapest(
	queries: readonly Clustering[],
	keys: readonly Clustering[],
	costOf: (q: Clustering, k: Clustering) => number,
): [Clustering, Clustering] {
	let best: [Clustering, Clustering] = [queries[queries.length - 1], keys[keys.length - 1]];
	let least = Number.POSITIVE_INFINITY;
	for (const q of queries)
		for (const k of keys) {
			const cost = costOf(q, k);
			if (cost < least) [best, least] = [[q, k], cost];
		}
	return best;
}
