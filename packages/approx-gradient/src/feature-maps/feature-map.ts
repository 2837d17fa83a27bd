import type { Matrix } from "@attgrad/matrix-core";
import type { RelativeRounding } from "../error-bound/index.ts";
import type { ResidualOf } from "./residual-forms.ts";

/**
 * Any factorisation of the attention matrix: φ(q_j)·ψ(k_l) ≈ s_j e^<q_j, k_l> with K features and a factor s_j > 0 of the
 * row, which cancels (paper.md 8.0). Queries are rows of Q̂ = scale · A1 X, keys are rows of A2 as they are; a map that
 * centres keys does so itself. All blocks are in double precision, one row a token. Features are promised by maps that run on kernels.
 */
export interface FeatureMap<Features extends Matrix | Promise<Matrix> = Matrix> {
	/** K: number of features. */
	readonly rank: number;
	/**
	 * Features of a block of keys, count x K; or count x K⁺, the first K being ψ, for a map that has `raise`.
	 * @param from index of the block's first key
	 */
	keyFeatures(keys: Matrix, from: number): Features;
	/** Features of a block of queries, count x K. */
	queryFeatures(queries: Matrix): Features;
	/**
	 * J_φ(q_j)ᵀ Φ̄_j for each row: derivative in q_j of Σ_m Φ̄_jm φ_m(q_j), count x d. The derivative of the row factor may
	 * be left out. Needed for the surrogate gradient.
	 */
	pullBack?(queries: Matrix, features: Matrix, cotangents: Matrix): Matrix;
	/**
	 * Where a key coordinate times a key feature is again a combination of the K⁺ key features: rows
	 * Σ_l (φ_j·ψ_l) <c_j, h_l> (k_l − centre), any centre, from t_jβ = <c_j, Σ_l ψ_β(k_l) h_l>, count x K⁺. Makes the plug-in gradient O(nK⁺d).
	 */
	raise?(features: Matrix, cotangents: Matrix): Matrix;
	/** Proven bounds on the error, where the map has one. */
	readonly error?: EntryErrors;
	/** Queries that the map does not cover, 1 each; their rows are computed exactly, O(nd) a row. */
	outside?(queries: Matrix): Uint8Array;
}

/** A map on kernels or in plain TypeScript. */
export type AnyFeatureMap = FeatureMap<Matrix | Promise<Matrix>>;

/** Bounds on the error of the entries of Ã, in exact arithmetic and by rounding. */
export type EntryErrors = {
	/** Relative rounding of a product of one query feature and one key feature; `none` where α_j β_l count it. */
	readonly rounding: RelativeRounding;
	/** The error that underflow causes in one feature: of queries, of keys. */
	readonly underflow: { readonly query: number; readonly key: number };
	/** At least every |k_lb| that `raise` makes sums of, about the map's own centre; 0 for a map without `raise`. */
	readonly span: number;
	/** By how much `raise` multiplies its sums at most, and with them what they lose below the normal range; 1 for a map without `raise`. */
	readonly frame: number;
	/** R: bound on every |<q_j, k_l>| about the map's centre that the map approximates. */
	readonly radius: number;
} & (
	| {
			readonly kind: "relative";
			/** δ < 1: |φ_j·ψ_l − s_j e^<q_j, k_l>| <= δ s_j e^<q_j, k_l>. */
			readonly delta: number;
	  }
	| {
			readonly kind: "product";
			/** Relative rounding of the weights that the map approximates; `none` where those are the exact ones. */
			readonly relative: RelativeRounding;
			/** β_l of a block of keys: |φ_j·ψ_l − s_j e^<q_j, k_l>| <= α_j β_l. */
			keys(keys: Matrix, features: Matrix): Float64Array;
			/**
			 * Λ of a block of keys, where one is known that is below Σ β_l²: |Σ_l e_jl z_l|² <= α_j² ΣΛ ‖z‖₂² for all z, the sum being over blocks.
			 * @default Σ_l β_l²
			 */
			spectral?(keys: Matrix, features: Matrix): Promise<number>;
			/** α_j of a block of queries. */
			queries(queries: Matrix, features: Matrix): Float64Array;
			/**
			 * Residual matrices R_aa of groups of a block's keys, where they are known: |Σ_l∈a e_jl z_l|² <= α_j² z_aᵀ R_aa z_a for all z.
			 */
			residual?(keys: Matrix, features: Matrix): ResidualOf;
			/** The same of queries: |Σ_j∈a e_jl z_j|² <= β_l² z_aᵀ R_aa z_a. */
			queryResidual?(queries: Matrix, features: Matrix): ResidualOf;
	  }
);
