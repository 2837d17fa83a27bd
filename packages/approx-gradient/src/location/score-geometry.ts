import { Matrix, maxAbs } from "@attgrad/matrix-core";
import { balancedCoordinates } from "../feature-maps/hybrid/balanced-coordinates.ts";
import type { HeadRows } from "./head.ts";

/** Median, 90 %, 99 % and largest of some numbers. */
export interface Quantiles {
	readonly median: number;
	readonly most: number;
	readonly nearlyAll: number;
	readonly largest: number;
}

/** How large the scores of a head can be, and in how many directions. */
export interface ScoreGeometry {
	/** B: every |entry| of queries and keys, scaled so that both have the same bound and the factor of the scores is 1/d, as in the paper. */
	readonly B: number;
	/** B / √ln n, n the number of keys. */
	readonly overThreshold: number;
	/** scale · ‖q_j‖ max ‖k_l‖ over the rows: the radius that a row's scores have by Cauchy and Schwarz. */
	readonly radius: Quantiles;
	/** The same about the mean of the keys, which changes no weight. */
	readonly centredRadius: Quantiles;
	/** Score directions that carry 90, 99 and 99.9 % of the variance of the scores about the means of queries and keys. */
	readonly directions: readonly [number, number, number];
}

/** Takes the geometry of a head. O(n d² + d³). */
export function scoreGeometry({ Q, K, scale }: HeadRows): ScoreGeometry {
	const d = Q.cols;
	const B = Math.sqrt(maxAbs(Q) * maxAbs(K) * scale * d);
	const { keyCentre, spread } = balancedCoordinates(
		Matrix.build(Q.rows, d, (j, b) => scale * Q.at(j, b)),
		K,
	);
	const origin = new Float64Array(d);
	const longest = (centre: Float64Array) => lengthsOf(K, centre).reduce((most, x) => Math.max(most, x), 0);
	const queries = lengthsOf(Q, origin);
	const radius = (centre: Float64Array) => {
		const key = longest(centre);
		return quantilesOf(queries.map((query) => scale * query * key));
	};
	return {
		B,
		overThreshold: K.rows > 1 ? B / Math.sqrt(Math.log(K.rows)) : Number.POSITIVE_INFINITY,
		radius: radius(origin),
		centredRadius: radius(keyCentre),
		directions: [0.9, 0.99, 0.999].map((share) => countFor(spread, share)) as [number, number, number],
	};
}

/** Quantiles of a list that is not empty. */
export function quantilesOf(numbers: Float64Array): Quantiles {
	const sorted = numbers.toSorted();
	const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
	return { median: at(0.5), most: at(0.9), nearlyAll: at(0.99), largest: sorted[sorted.length - 1] };
}

function lengthsOf(rows: Matrix, centre: Float64Array): Float64Array {
	return Float64Array.from({ length: rows.rows }, (_, j) => {
		let sum = 0;
		for (let b = 0; b < rows.cols; b++) sum += (rows.at(j, b) - centre[b]) ** 2;
		return Math.sqrt(sum);
	});
}

/** The variance of <x, y> for independent x and y of covariance diag(spread) is Σ spread². */
function countFor(spread: Float64Array, share: number): number {
	const total = spread.reduce((sum, x) => sum + x * x, 0);
	let sum = 0;
	for (const [b, x] of spread.entries()) {
		sum += x * x;
		if (sum >= share * total) return b + 1;
	}
	return spread.length;
}
