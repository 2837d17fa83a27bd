import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource } from "@attgrad/matrix-core";
import { Quantity, RelativeRounding, times } from "../../error-bound/index.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { totalDegreeTree } from "../../polynomial/monomials/total-degree.ts";
import { centred, spansOf } from "../../rows/spans.ts";
import type { FeatureMap } from "../feature-map.ts";
import { rowsOfBlock } from "../feature-map-gradient.ts";
import { chosenDegree, DEFAULT_DELTA, LARGEST_DEGREE, requireMoments } from "../polynomial/degree-choice.ts";
import { balance, monomialMap, monomialRounding, monomialSizes } from "../polynomial/monomial-map.ts";
import { weighed } from "./cluster-gradient.ts";
import { nearest } from "./clustering.ts";
import { type Partition, partitionOf, tiltOf } from "./partition.ts";

/** How a map of clusters is made. */
export interface ClusterMapOptions {
	/** Of the polynomial of each pair. @default the least at which every exponential is right to 1e-6 */
	readonly degree?: number | undefined;
	/** @default chosen by predicted cost */
	readonly queryClusters?: number | undefined;
	readonly keyClusters?: number | undefined;
}

/** The features of a partition's pairs: those of pair (a, e) begin at (a C_k + e) K. */
interface PairFeatures {
	readonly partition: Partition;
	readonly keyCentre: Float64Array;
	/** Features of what lies within two clusters. */
	readonly inner: FeatureMap;
	/** C_q C_k K. */
	readonly rank: number;
}

/**
 * The expansions of all pairs of clusters (paper.md 8.5) as one feature map: a feature for each pair and each monomial,
 *
 *     φ_(a,e,α)(q) = 1[q in a] e^(<q, μ_e> + m_ae − M) w_α (q − ν_a)^α,   ψ_(a,e,α)(k) = 1[k in e] e^(<ν_a, k − μ_e> − m_ae) (k − μ_e)^α,
 *
 * m_ae the largest <ν_a, k − μ_e> and M the largest exponent of the query. C_q C_k K features, of which a key has C_q K other than 0 and a query C_k K.
 * @throws ComputationError (out-of-memory) for more features than fit in memory
 */
export function clusterMap(
	problem: AttentionProblem<RowSource>,
	{ degree: wanted, queryClusters, keyClusters }: ClusterMapOptions,
): { readonly map: FeatureMap; readonly degree: number } {
	const { d } = problem;
	const spans = spansOf(problem);
	const cost = (ofQueries: number, ofKeys: number): number => ofQueries * ofKeys;
	const partition = partitionOf(problem, spans, { queryClusters, keyClusters, delta: DEFAULT_DELTA, cost });
	const { radius, queryRadius, keyRadius, queryNorm, nu, mu } = partition;
	const degree = chosenDegree({ degree: wanted }, radius, DEFAULT_DELTA);
	const pairs = nu.rows * mu.rows;
	const rows = rowsOfBlock(pairs * countMonomials(d, Math.min(degree, LARGEST_DEGREE)));
	// a feature has sums over values and keys, and each row has the features of all pairs
	requireMoments("clusters", { d, degree, radius, blocks: pairs * (d + 1), rows: pairs * rows });
	const coefficients = chebyshev.coefficients(radius, degree);
	const t = balance(queryRadius, keyRadius);
	const tree = totalDegreeTree(d, degree);
	const inner = monomialMap({ tree, coefficients, centre: new Float64Array(d), t });
	const sizes = monomialSizes({ degree, coefficients, queryNorm: queryRadius, keyNorm: keyRadius, t });
	const made: PairFeatures = { partition, keyCentre: spans.keyCentre, inner, rank: pairs * inner.rank };
	const scores = Quantity.sumOfProducts(times(4, times(queryNorm, spans.keyNorm)), 2 * d + 10);
	const exponents = RelativeRounding.exponential(scores).and(RelativeRounding.roundings(2 * d + 10));
	const map: FeatureMap = {
		rank: made.rank,
		keyFeatures: (keys) => keyFeatures(made, keys),
		queryFeatures: (queries) => queryFeatures(made, queries),
		error: {
			kind: "relative",
			delta: chebyshev.relativeError(radius, degree),
			radius,
			// monomials of a query less its centre, too
			rounding: monomialRounding(degree)
				.and(RelativeRounding.roundings(2 * degree))
				.and(exponents),
			underflow: { query: weighed(sizes.query).error.underflow, key: weighed(sizes.key).error.underflow },
			span: 0,
			frame: 1,
		},
	};
	return { map, degree };
}

function keyFeatures({ partition: { nu, mu, tilts }, keyCentre, inner, rank }: PairFeatures, keys: Matrix): Matrix {
	const rows = centred(keys, keyCentre);
	const cluster = Int32Array.from({ length: rows.rows }, (_, l) => nearest(rows.row(l), mu));
	const monomials = inner.keyFeatures(
		Matrix.build(rows.rows, rows.cols, (l, b) => rows.at(l, b) - mu.at(cluster[l], b)),
		0,
	);
	const features = Matrix.zeros(rows.rows, rank);
	for (const [l, e] of cluster.entries())
		for (let a = 0; a < nu.rows; a++) {
			const weight = Math.exp(tiltOf(rows.row(l), mu.row(e), nu.row(a)) - tilts.at(a, e));
			const at = l * rank + (a * mu.rows + e) * inner.rank;
			for (let m = 0; m < inner.rank; m++) features.data[at + m] = weight * monomials.at(l, m);
		}
	return features;
}

function queryFeatures({ partition: { nu, mu, tilts }, inner, rank }: PairFeatures, queries: Matrix): Matrix {
	const cluster = Int32Array.from({ length: queries.rows }, (_, j) => nearest(queries.row(j), nu));
	const monomials = inner.queryFeatures(
		Matrix.build(queries.rows, queries.cols, (j, b) => queries.at(j, b) - nu.at(cluster[j], b)),
	);
	const scores = multiply(queries, mu, { transposeB: true });
	const features = Matrix.zeros(queries.rows, rank);
	for (const [j, a] of cluster.entries()) {
		// a cluster of no keys has −Infinity
		const exponents = Float64Array.from(tilts.row(a), (tilt, e) => scores.at(j, e) + tilt);
		const largest = exponents.reduce((most, exponent) => Math.max(most, exponent), Number.NEGATIVE_INFINITY);
		for (const [e, exponent] of exponents.entries()) {
			const weight = Math.exp(exponent - largest);
			const at = j * rank + (a * mu.rows + e) * inner.rank;
			for (let m = 0; m < inner.rank; m++) features.data[at + m] = weight * monomials.at(j, m);
		}
	}
	return features;
}
