import {
	expOn,
	exponentialProductOn,
	type Matrix,
	multiplyOn,
	type Runtime,
	scaleRows,
	transpose,
} from "@attgrad/matrix-core";
import { bounded, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
import type { EntryErrors, FeatureMap } from "../feature-map.ts";
import { squaredNorms } from "../kernel-scale.ts";
import type { ResidualOf } from "../residual-forms.ts";
import type { HybridPivots } from "./hybrid-pivots.ts";
import { exponentFactor, type HybridSide, hybridSide, type Room } from "./hybrid-side.ts";
import { onKernels, residualOf, residualSpread } from "./residual-spread.ts";
import { unitError } from "./unit-error.ts";

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
	/** c, about which the coordinates of keys are, and ln of the largest weight, which is taken from all: a weight is e^(<q, k − c> − ‖x‖²/2 − shift). */
	readonly keyCentre: Float64Array;
	readonly shift: number;
	/** Factors of the exponents −‖z − p_s‖²/2 on the side of the pivots, m x (d + 2), and Bᵀ, m x K. */
	readonly points: Matrix;
	readonly inverse: Matrix;
	/** Factors of the exponents of all rows of one side, in storage of their own or in some room. */
	sideOf(side: "queries" | "keys", rows: Matrix, room?: Room): HybridSide;
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
	const sideOf: HybridMap["sideOf"] = (side, rows, room) => hybridSide(pivots, side, rows, room);
	/** Rows B e^(−‖z − p_s‖²/2). */
	const featuresOf = ({ left }: HybridSide): Promise<Matrix> => exponentialProductOn(runtime, left, right, transposed);
	const unit = await unitError(pivots, pointSquares, runtime);
	const residual = (side: HybridSide, features: Matrix): ResidualOf =>
		residualOf({ ...side, features, H: unit.features }, onKernels(runtime));
	const residualOfKeys = (keys: Matrix, features: Matrix): ResidualOf => residual(sideOf("keys", keys), features);
	return {
		rank: inverse.rows,
		unit: unit.features,
		...{ keyCentre: pivots.coordinates.keyCentre, shift: pivots.shift },
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
