import type { Matrix } from "@attgrad/matrix-core";
import type { PlacedRows } from "../kernels/bounds-of-rows.ts";
import type { PlacedFeatures } from "../kernels/placed-features.ts";

/** A head with the results and proved bounds of its rows, as pairs of a query and a key are drawn from it. */
export interface SampledHead {
	/** (h, 1) and k about their centres, n x (d_v + 1) and n x d, with half-ranges. */
	readonly values: Matrix;
	readonly keys: Matrix;
	readonly valueHalf: Float64Array;
	readonly keyHalf: Float64Array;
	/** A1, n x d. */
	readonly inputs: Matrix;
	/** |e_jl| <= α_j β_l. */
	readonly alpha: Float64Array;
	readonly beta: Float64Array;
	/** D̃, (c̃, −<c̃, õ>), Σ φ·ψ h', Ĝ~, m̃ and Σ φ·ψ h' k_b, of each row. */
	readonly normaliser: Float64Array;
	readonly cotangents: Matrix;
	readonly N: Matrix;
	readonly gradients: Matrix;
	readonly keyMeans: Matrix;
	readonly products: Float64Array;
	/** Addresses of what kernels made of rows. */
	readonly placed: PlacedRows;
	/** Features, exponents and weights of both sides. */
	readonly features: { readonly queries: PlacedFeatures; readonly keys: PlacedFeatures };
	/** H: a pair's weight less the product of its features is computed to within H w / 2 + 2^-500 (`HybridMap.weights`). */
	readonly unit: number;
	/** K. */
	readonly rank: number;
	/** Rows that pairs are drawn of; the others are exact. */
	readonly isSampled: (j: number) => boolean;
	/** At least |Σ_l e_jl|, at most D̃_j, at least |õ − o|_ji for every i, and |Ĝ~ − Ĝ|_jb for every b. */
	readonly ones: Float64Array;
	readonly least: Float64Array;
	readonly outputs: Float64Array;
	readonly proved: Float64Array;
	/** θ_j: means over keys are off by this part of their largest term. */
	readonly theta: Float64Array;
}
