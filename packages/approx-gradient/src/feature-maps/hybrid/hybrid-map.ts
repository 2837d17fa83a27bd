import {
	expOn,
	exponentialProductOn,
	Matrix,
	mapEntries,
	multiply,
	multiplyOn,
	type Runtime,
	scaleRows,
	transpose,
} from "@attgrad/matrix-core";
import {
	bounded,
	expm1Up,
	gamma,
	LEAST_NORMAL,
	normUp,
	plus,
	RelativeRounding,
	rootUp,
	times,
} from "../../error-bound/index.ts";
import type { EntryErrors, FeatureMap } from "../feature-map.ts";
import { squaredNorms } from "../kernel-scale.ts";
import type { ResidualOf } from "../residual-forms.ts";
import type { BalancedCoordinates } from "./balanced-coordinates.ts";
import { exponentFactor, type HybridSide, hybridSide } from "./hybrid-side.ts";
import { onKernels, residualOf, residualSpread } from "./residual-spread.ts";

const u = 2 ** -53;

/** The pivots that a map is made of. */
export interface HybridPivots {
	readonly coordinates: BalancedCoordinates;
	/** m pivots in balanced coordinates, queries and keys, m x d. */
	readonly points: Matrix;
	/** B: Tᵀ L⁻¹ for about the factor L of the pivots' kernel matrix and some orthonormal columns T, K x m. */
	readonly inverse: Matrix;
	/** ln of the largest weight of a key, w_l e^(‖y_l‖²/2): what is taken from all of them. */
	readonly shift: number;
	/** At least ‖q − a‖, ‖k − c‖ and ‖a‖ of all rows. */
	readonly sizes: { readonly query: number; readonly key: number; readonly centre: number };
}

/** A map on kernels with bounds of its residuals. */
export interface HybridMap extends FeatureMap<Promise<Matrix>> {
	readonly error: Extract<EntryErrors, { readonly kind: "product" }>;
	/**
	 * Weights w e^(−‖x − y‖²/2) of some queries and keys, which the features approximate: with a product of features from the same rows, the
	 * difference is off by at most H w / 2, and by 2^-500: features are off by a part ω of their lengths and kernels by less, H >= 8 (ω + ω²).
	 */
	weights(queries: Matrix, keys: Matrix): Promise<Matrix>;
	/** H: bound on the error of a residual of length 1. */
	readonly unit: number;
	/** Factors of the exponents −‖z − p_s‖²/2 on the side of the pivots, m x (d + 2), and Bᵀ, m x K. */
	readonly points: Matrix;
	readonly inverse: Matrix;
	/** Factors of the exponents of all rows of one side. */
	sideOf(side: "queries" | "keys", rows: Matrix): HybridSide;
}

/**
 * Features φ(q) = B κ(x) and ψ(k) = w B κ(y) of the kernel κ_s(x) = e^(−‖x − p_s‖²/2) with the pivots p_s, in balanced coordinates. Up to a factor of
 * the row, φ·ψ is the weight e^<q, k> projected on the pivots. Both kernels are in the unit ball of a Hilbert space but for the
 * weight of the key, so that nothing overflows.
 *
 * The bound needs no analysis of how B came about: with Π = P̂ᵀBᵀBP̂ for the pivots' P̂, all that Π differs from a projection by is η >=
 * ‖1 − B κ(P) Bᵀ‖, which is computed. Then |<x, (1 − Π) y>| <= √((r_x + 2η)(r_y + 2η)) with r_x = 1 − ‖φ‖², and w times as much for a key.
 */
export async function hybridMap(pivots: HybridPivots, runtime: Runtime): Promise<HybridMap> {
	const { points, inverse } = pivots;
	const pointSquares = squaredNorms(points);
	const [right, transposed] = [exponentFactor(points, pointSquares, "right"), transpose(inverse)];
	const sideOf = (side: "queries" | "keys", rows: Matrix): HybridSide => hybridSide(pivots, side, rows);
	/** Rows B e^(−‖z − p_s‖²/2). */
	const featuresOf = ({ left }: HybridSide): Promise<Matrix> => exponentialProductOn(runtime, left, right, transposed);
	const unit = await unitError(pivots, pointSquares, runtime);
	const residual = (side: HybridSide, features: Matrix): ResidualOf =>
		residualOf({ ...side, features, H: unit.features }, onKernels(runtime));
	const residualOfKeys = (keys: Matrix, features: Matrix): ResidualOf => residual(sideOf("keys", keys), features);
	return {
		rank: inverse.rows,
		unit: unit.features,
		points: right,
		inverse: transposed,
		sideOf,
		weights: (queries, keys) => weightsBetween(sideOf("queries", queries), sideOf("keys", keys), runtime),
		async keyFeatures(keys) {
			const side = sideOf("keys", keys);
			return scaleRows(await featuresOf(side), side.sizes);
		},
		queryFeatures: (queries) => featuresOf(sideOf("queries", queries)),
		error: {
			kind: "product",
			radius: times(pivots.sizes.query, pivots.sizes.key),
			// The residuals have the rounding of the features: H.
			rounding: RelativeRounding.none,
			relative: unit.scores,
			underflow: { query: 2 ** -900, key: 2 ** -900 },
			span: 0,
			frame: 1,
			queries: (_, features) => residualLengths(squaredNorms(features), undefined, unit.features),
			keys: (keys, features) => residualLengths(squaredNorms(features), sideOf("keys", keys).sizes, unit.features),
			spectral: (keys, features) => residualSpread(keys.rows, residualOfKeys(keys, features), runtime),
			residual: residualOfKeys,
			queryResidual: (queries, features) => residual(sideOf("queries", queries), features),
		},
	};
}

/** w e^(−‖x − y‖²/2) of all pairs. */
async function weightsBetween({ left }: HybridSide, { right, sizes }: HybridSide, runtime: Runtime): Promise<Matrix> {
	const made = await expOn(runtime, await multiplyOn(runtime, left, right, { transposeB: true }));
	for (let at = 0; at < made.data.length; at++) made.data[at] *= sizes[at % right.rows];
	return made;
}

/** √(weight² (1 + H) − ‖feature‖²), rounded up, of rows whose ‖feature‖² are given: what of a row's vector in the Hilbert space no feature has. */
export function residualLengths(squares: Float64Array, weights: Float64Array | undefined, H: number): Float64Array {
	return squares.map((square, j) => {
		const own = weights?.[j] ?? 1;
		const residual = Math.max(0, bounded(own * own - square));
		// A weight below the normal range has lost its square; what it weighs is below that too.
		return plus(rootUp(plus(residual, times(H, times(own, own)))), 2 ** -500);
	});
}

/**
 * Rounding errors: `scores` is the relative error of w e^<x, y> for coordinates as they were computed, `features` the H of a residual of length 1:
 * twice η, the rounding of features and of the sums of their squares.
 */
async function unitError(
	{ coordinates, points, inverse, sizes, shift }: HybridPivots,
	pointSquares: Float64Array,
	runtime: Runtime,
): Promise<{ readonly scores: RelativeRounding; readonly features: number }> {
	const [K, m, d] = [inverse.rows, points.rows, points.cols];
	const { mismatch, ofQuery, ofKey } = coordinates;
	const [F, G] = [normUp(ofQuery.data), normUp(ofKey.data)];
	const [x, y] = [times(sizes.query, F), times(sizes.key, G)];
	const longest = Math.max(x, y, Math.sqrt(pointSquares.reduce((most, square) => Math.max(most, square), 0)));
	// <x, y> is off by the mismatch of the maps and by the rounding of both coordinates, which every kernel takes part in alike.
	const scores = expm1Up(
		plus(
			plus(times(times(d, mismatch), times(sizes.query, sizes.key)), times((4 * d + 16) * u, times(x, y))),
			times(
				(4 * d + 16) * u,
				plus(times(times(2, sizes.centre), sizes.key), plus(Math.abs(shift), plus(times(x, x), times(y, y)))),
			),
		),
	);
	/** Relative error of a kernel of two points, of which these are the squared lengths: the exponent's and of the exponential. */
	const kernelError = (squares: number): number => {
		const x = times((2 * d + 16) * u, squares);
		// e^x - 1 <= x + x² for x <= 1: there is one for each pair of pivots.
		return plus(x <= 1 ? times(x, plus(1, x)) : expm1Up(x), 8 * u);
	};
	const kernel = kernelError(times(2, times(longest, longest)));
	const gram = await multiplyOn(runtime, points, points, { transposeB: true });
	for (let s = 0, at = 0; s < m; s++)
		for (let t = 0; t < m; t++, at++)
			gram.data[at] = Math.min(0, gram.data[at] - (pointSquares[s] + pointSquares[t]) / 2);
	const kernels = await expOn(runtime, gram);
	const product = await multiplyOn(runtime, await multiplyOn(runtime, inverse, kernels), inverse, { transposeB: true });
	for (let s = 0; s < K; s++) product.data[s * K + s] -= 1;
	const reach = reachOf(inverse, kernels, kernel, (s, t) =>
		plus(kernelError(plus(pointSquares[s], pointSquares[t])), gamma((2 * m + 8) * u)),
	);
	const omega = times(plus(kernel, gamma((m + 4) * u)), reach.features);
	const eta = plus(normUp(product.data), reach.gram);
	const features = plus(times(2, eta), plus(times(8, plus(omega, times(omega, omega))), (4 * m + 64) * u));
	return { scores: RelativeRounding.proven(scores), features: bounded(features) };
}

/**
 * Bounds on the effect of relative errors of kernels. Where kernels are off by δ_st κ_st, the Gram matrix of the features is off by at most |B| (δ ∘ κ) |B|ᵀ.
 * The norm of that is at most ‖b‖² max δ, b the row sums of |B|, since κ <= 1; and at most ‖B‖_F² times the largest row sum of δ ∘ κ. A feature is off by at most
 * |B| (δ ∘ κ(x)), whose length is at most max δ times ‖b‖, and times ‖B‖_F ‖κ(x)‖. ‖κ(x)‖² is at most the largest eigenvalue of κ: at most its largest row sum.
 * @param kernel at least every δ of a point with a pivot
 * @param pairs at least δ_st, and what else is counted relative to κ_st
 * @returns bounds on the norm of the Gram matrix's error, and on the length of a feature's for δ = 1
 */
function reachOf(
	inverse: Matrix,
	kernels: Matrix,
	kernel: number,
	pairs: (s: number, t: number) => number,
): { readonly gram: number; readonly features: number } {
	const m = kernels.rows;
	const ones = new Matrix(m, 1, new Float64Array(m).fill(1));
	const lengths = normUp(multiply(mapEntries(inverse, Math.abs), ones).data);
	const frobenius = normUp(inverse.data);
	let [largest, off, most] = [0, 0, 0];
	const grown = plus(1, times(2, kernel));
	// Terms are not negative: each has two roundings, and loses what is below the normal range.
	const ofSum = RelativeRounding.roundings(m + 4);
	for (let s = 0, at = 0; s < m; s++) {
		let [sum, error] = [0, 0];
		for (let t = 0; t < m; t++, at++) {
			// what is below the normal range is computed as 0
			const size = grown * kernels.data[at] + 2 ** -1000;
			const pair = pairs(s, t);
			sum += size;
			error += pair * size;
			most = Math.max(most, pair);
		}
		largest = Math.max(largest, ofSum.atLeast(bounded(sum)));
		off = Math.max(off, plus(ofSum.atLeast(bounded(error)), times(m, LEAST_NORMAL)));
	}
	return {
		gram: Math.min(times(most, times(lengths, lengths)), times(off, times(frobenius, frobenius))),
		features: Math.min(lengths, times(frobenius, rootUp(largest))),
	};
}
