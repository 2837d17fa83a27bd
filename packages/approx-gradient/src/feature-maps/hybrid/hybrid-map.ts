import { expOn, Matrix, mapEntries, multiply, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { bounded, expm1Up, gamma, normUp, plus, times } from "../../error-bound/index.ts";
import type { EntryErrors, FeatureMap } from "../feature-map.ts";
import { squaredNorms } from "../kernel-scale.ts";
import { type BalancedCoordinates, coordinatesOf } from "./balanced-coordinates.ts";
import { residualSpread } from "./residual-spread.ts";

const u = 2 ** -53;

/** The pivots that a map is made of. */
export interface HybridPivots {
	readonly coordinates: BalancedCoordinates;
	/** Pivots in balanced coordinates, queries and keys, K x d. */
	readonly points: Matrix;
	/** B ≈ L⁻¹ for the factor L of the pivots' kernel matrix, K x K. */
	readonly inverse: Matrix;
	/** ln of the largest weight of a key, w_l e^(‖y_l‖²/2): what is taken from all of them. */
	readonly shift: number;
	/** At least ‖q − a‖, ‖k − c‖ and ‖a‖ of all rows. */
	readonly sizes: { readonly query: number; readonly key: number; readonly centre: number };
}

/**
 * Features φ(q) = B κ(x) and ψ(k) = w B κ(y) of the kernel κ_s(x) = e^(−‖x − p_s‖²/2) with the pivots p_s, in balanced coordinates. Up to a factor of
 * the row, φ·ψ is the weight e^<q, k> projected on the pivots. Both kernels are in the unit ball of a Hilbert space but for the
 * weight of the key, so that nothing overflows.
 *
 * The bound needs no analysis of how B came about: with Π = P̂ᵀBᵀBP̂ for the pivots' P̂, all that Π differs from a projection by is η >=
 * ‖1 − B κ(P) Bᵀ‖, which is computed. Then |<x, (1 − Π) y>| <= √((r_x + 2η)(r_y + 2η)) with r_x = 1 − ‖φ‖², and w times as much for a key.
 */
export function hybridMap(
	pivots: HybridPivots,
	runtime: Runtime,
): FeatureMap<Promise<Matrix>> & { readonly error: EntryErrors } {
	const { coordinates, points, inverse, shift } = pivots;
	const { queryCentre, keyCentre, ofQuery, ofKey } = coordinates;
	const pointSquares = squaredNorms(points);
	/** Rows B e^(<z, p_s> − ‖p_s‖²/2 − less_j). */
	const featuresOf = async (rows: Matrix, less: (j: number) => number): Promise<Matrix> => {
		const exponents = await multiplyOn(runtime, rows, points, { transposeB: true });
		for (let j = 0, at = 0; j < rows.rows; j++) {
			const own = less(j);
			for (let s = 0; s < points.rows; s++, at++)
				exponents.data[at] = Math.min(0, exponents.data[at] - (pointSquares[s] / 2 + own));
		}
		return multiplyOn(runtime, await expOn(runtime, exponents), inverse, { transposeB: true });
	};
	/** ln of the weight of each key, w_l e^(‖y_l‖²/2 − shift) <= 1. */
	const weightsOf = (keys: Matrix, squares: Float64Array): Float64Array =>
		squares.map((square, l) => {
			let inner = 0;
			for (let b = 0; b < keys.cols; b++) inner += queryCentre[b] * (keys.at(l, b) - keyCentre[b]);
			return Math.min(0, inner + square / 2 - shift);
		});
	const unit = unitError(pivots, pointSquares);
	return {
		rank: points.rows,
		async keyFeatures(keys) {
			const rows = coordinatesOf(keys, keyCentre, ofKey);
			const squares = squaredNorms(rows);
			const features = await featuresOf(rows, (l) => squares[l] / 2);
			const weights = weightsOf(keys, squares);
			for (let l = 0, at = 0; l < keys.rows; l++) {
				const weight = Math.exp(weights[l]);
				for (let s = 0; s < points.rows; s++) features.data[at++] *= weight;
			}
			return features;
		},
		async queryFeatures(queries) {
			const rows = coordinatesOf(queries, queryCentre, ofQuery);
			const squares = squaredNorms(rows);
			return featuresOf(rows, (j) => squares[j] / 2);
		},
		error: {
			kind: "product",
			radius: times(pivots.sizes.query, pivots.sizes.key),
			rounding: 0,
			relative: unit.scores,
			underflow: { query: 2 ** -900, key: 2 ** -900 },
			span: 0,
			frame: 1,
			queries: (_, features) => lengthsOf(features, () => 1, unit.features),
			keys(keys, features) {
				const squares = squaredNorms(coordinatesOf(keys, keyCentre, ofKey));
				const weights = weightsOf(keys, squares);
				return lengthsOf(features, (l) => Math.exp(weights[l]), unit.features);
			},
			spectral(keys, features) {
				const rows = coordinatesOf(keys, keyCentre, ofKey);
				const squares = squaredNorms(rows);
				const weights = weightsOf(keys, squares);
				return residualSpread({ rows, squares, weights, features, H: unit.features }, runtime);
			},
		},
	};
}

/** √(weight² (1 + H) − ‖feature‖²), rounded up: what of a row's vector in the Hilbert space no feature has. */
function lengthsOf(features: Matrix, weight: (j: number) => number, H: number): Float64Array {
	return Float64Array.from({ length: features.rows }, (_, j) => {
		let sum = 0;
		for (const x of features.row(j)) sum += x * x;
		const own = weight(j);
		const residual = Math.max(0, bounded(own * own - sum));
		// A weight below the normal range has lost its square; what it weighs is below that too.
		return plus(Math.sqrt(plus(residual, times(H, times(own, own)))) * (1 + 1e-12), 2 ** -500);
	});
}

/**
 * Rounding errors: `scores` is the relative error of w e^<x, y> for coordinates as they were computed, `features` the H of a residual of length 1:
 * twice η, the rounding of features and of the sums of their squares.
 */
function unitError({ coordinates, points, inverse, sizes, shift }: HybridPivots, pointSquares: Float64Array) {
	const [K, d] = [points.rows, points.cols];
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
	/** Relative error of a kernel with a pivot for the coordinates as they are: the exponent's and of the exponential. */
	const kernel = plus(expm1Up(times((2 * d + 16) * u, times(2, times(longest, longest)))), 8 * u);
	const absolute = mapEntries(inverse, Math.abs);
	const lengths = normUp(multiply(absolute, new Matrix(K, 1, new Float64Array(K).fill(1))).data);
	const omega = times(plus(kernel, gamma((K + 4) * u)), lengths);
	const gram = Matrix.build(K, K, (s, t) => {
		let inner = 0;
		for (let b = 0; b < d; b++) inner += points.at(s, b) * points.at(t, b);
		return Math.exp(Math.min(0, inner - (pointSquares[s] + pointSquares[t]) / 2));
	});
	const product = multiply(multiply(inverse, gram), inverse, { transposeB: true });
	for (let s = 0; s < K; s++) product.data[s * K + s] -= 1;
	const eta = plus(normUp(product.data), times(plus(kernel, gamma((2 * K + 8) * u)), times(lengths, lengths)));
	const features = plus(times(2, eta), plus(times(8, plus(omega, times(omega, omega))), (4 * K + 64) * u));
	return { scores, features: bounded(features) };
}
