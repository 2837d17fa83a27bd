import { Matrix, type Numbers } from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, leastRest, over, plus, RelativeRounding, times } from "../../error-bound/index.ts";
import { GROUP } from "../../feature-maps/residual-forms.ts";
import { kernelConstants } from "../../polynomial/kernels/kernel-constants.ts";
import type { HybridHead } from "./hybrid-head.ts";
import type { RowPass } from "./row-pass.ts";

/** Numbers of a query in `QueryWeights`. */
export const WEIGHTS = kernelConstants.HYBRID_WEIGHTS;

/** Weights of the queries that are kept; those of the others are 0. */
export interface QueryWeights {
	/**
	 * n_q x 9: of the columns q̂, dO and q̂ of the bounds, then for dV and for dK those of the square of an entry, of second-order terms (with sizes, of the first order too), and of the rounding of
	 * sums and of the weights that features stand for.
	 */
	readonly weights: Float64Array;
	/** Queries that are kept. */
	readonly count: number;
	/** At least every entry of the columns that forms are made of. */
	readonly largest: number;
}

/**
 * How the first-order errors Σ_j e'_jl z_j of the rows of keys are bounded: by forms of the residual matrix of the queries, in groups that may be small, or, for a fraction of the time, by
 * the sizes of its terms, β_l Σ_j α_j |z_j| / D̃_j.
 */
export type ColumnBounds = "forms" | "small forms" | "sizes";

/** Rows of a group of queries that forms are made of; of small ones they take a quarter of the time, and bounds of dV are 1.3 to 1.7 times as large on trained heads. */
export const groupOf = (bounds: ColumnBounds): number => (bounds === "small forms" ? SMALL_GROUP : GROUP);

/** Rows of a small group. */
const SMALL_GROUP = 32;

/**
 * Weights of the queries that are kept. O(d + d_v) a query.
 * @param roundings of a sum over queries of products of features
 */
export function queryWeights(
	{ queries, upstream }: HybridHead,
	rows: RowPass,
	kept: readonly number[],
	bounds: ColumnBounds,
	roundings = kept.length + rows.rank + 64,
): QueryWeights {
	const [d, width] = [queries.cols, upstream.cols + 1];
	const weights = new Float64Array(WEIGHTS * queries.rows);
	const ofSums = RelativeRounding.roundings(roundings).and(rows.relative.repeated(4)).bound;
	const first = bounds === "sizes" ? 1 : 0;
	let factor = 0;
	let cotangent = 0;
	for (let at = 0; at < kept.length; at++) {
		const j = kept[at];
		weighQuery(j, rows, ofSums, first, weights);
		const size = Math.max(1, largestOf(queries.data, j * d, d));
		factor = Math.max(factor, times(over(1, rows.normaliser[j]), size));
		cotangent = Math.max(cotangent, largestOf(rows.cotangents.data, j * width, width));
	}
	return { weights, count: kept.length, largest: times(bounded(factor), bounded(cotangent)) };
}

/** The weights of a query. */
function weighQuery(j: number, rows: RowPass, ofSums: number, first: number, weights: Float64Array): void {
	const D = rows.normaliser[j];
	const nu = rows.nu[j];
	const reach = rows.reach[j];
	const theta = rows.theta[j];
	const part = over(rows.alpha[j], leastRest(D, times(Math.min(0.5, theta), D)));
	const moved = plus(times(nu, reach), times(plus(1, nu), rows.deltaError[j]));
	const lost = over(plus(times(8, theta), ofSums), D);
	const inverse = over(1, D);
	const own = WEIGHTS * j;
	weights[own] = 1 / D;
	weights[own + 1] = nu / D;
	weights[own + 2] = moved / D;
	weights[own + 3] = inverse;
	weights[own + 4] = times(part, plus(first, times(3, nu)));
	weights[own + 5] = lost;
	weights[own + 6] = times(inverse, reach);
	weights[own + 7] = times(part, plus(first * reach, times(3, moved)));
	weights[own + 8] = times(lost, reach);
}

/** The largest |x_i| of some numbers. */
function largestOf(x: Numbers, from: number, count: number): number {
	let most = 0;
	for (let i = from; i < from + count; i++) most = Math.max(most, Math.abs(x[i]));
	return most;
}

/** Columns of queries, of which those that are not kept are 0, and sums over them. */
export interface WeighedQueries {
	/** q̂_b / D̃ and 1 / D̃, n_q x (d + 1): with c' they are the columns that sums and forms are made of. */
	readonly factors: Matrix;
	/** Columns that bounds of dV and of dK are made of, n_q x (d_v + d). */
	readonly extra: Matrix;
	/** Three sums for each entry of dO and of q̂. */
	readonly numbers: Float64Array;
}

/** Columns and sums of queries, as the kernel `queryWeights` makes them. O(d + d_v) a query. */
export function weighedQueries({ queries, upstream }: HybridHead, { weights }: QueryWeights): WeighedQueries {
	const [d, d_v] = [queries.cols, upstream.cols];
	const factors = Matrix.zeros(queries.rows, d + 1);
	const extra = Matrix.zeros(queries.rows, d_v + d);
	const numbers = new Float64Array(3 * (d_v + d));
	for (let j = 0; j < queries.rows; j++) {
		const own = WEIGHTS * j;
		if (weights[own] === 0) continue;
		for (let b = 0; b < d; b++) factors.data[j * (d + 1) + b] = weights[own] * queries.data[j * d + b];
		factors.data[j * (d + 1) + d] = weights[own];
		for (let i = 0; i < d_v + d; i++) {
			const isValue = i < d_v;
			const size = Math.abs(isValue ? upstream.data[j * d_v + i] : queries.data[j * d + i - d_v]);
			extra.data[j * (d_v + d) + i] = weights[own + (isValue ? 1 : 2)] * size;
			const first = own + (isValue ? 3 : 6);
			const weighed = weights[first] * size;
			numbers[3 * i] += weighed * weighed;
			numbers[3 * i + 1] += weights[first + 1] * size;
			numbers[3 * i + 2] += weights[first + 2] * size;
		}
	}
	return { factors, extra, numbers };
}

/** Sums over queries that bounds of keys are made of. */
export interface QuerySums extends Pick<QueryWeights, "largest"> {
	/** Σ_j (dO_i / D̃)² and Σ_j (Γ q̂_b / D̃)²; second-order terms; rounding of sums and of the weights that features stand for: of dV and of dK. */
	readonly valueSquares: Float64Array;
	readonly valueRest: Float64Array;
	readonly valueLost: Float64Array;
	readonly keySquares: Float64Array;
	readonly keyRest: Float64Array;
	readonly keyLost: Float64Array;
}

/** At least the sums of which these numbers are computed: each term has up to 4 roundings of its own, and loses at most the least normal number. */
export function querySums(numbers: Float64Array, { count, largest, weights }: QueryWeights, d_v: number): QuerySums {
	const ofSum = RelativeRounding.roundings(count + 64 + weights.length / WEIGHTS);
	const up = (from: number, to: number, which: number) =>
		Float64Array.from({ length: to - from }, (_, i) =>
			plus(ofSum.atLeast(bounded(numbers[3 * (from + i) + which])), times(4 * count, LEAST_NORMAL)),
		);
	const all = numbers.length / 3;
	return {
		largest,
		...{ valueSquares: up(0, d_v, 0), valueRest: up(0, d_v, 1), valueLost: up(0, d_v, 2) },
		...{ keySquares: up(d_v, all, 0), keyRest: up(d_v, all, 1), keyLost: up(d_v, all, 2) },
	};
}
