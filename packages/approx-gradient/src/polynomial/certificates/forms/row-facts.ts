import { plus } from "../../../error-bound/index.ts";
import type { EntryError } from "../entry-error.ts";

/**
 * The numbers that an error bound uses, for one row j, or for a column of A1 as a whole before anything is computed: every
 * number is at least the true one, or the computed one where that is larger. All forms are affine in `residuals`, so
 * that a weighted mean of rows can stand for them.
 */
export interface RowFacts {
	/** |A1_ja|, d numbers. */
	readonly inputs: Float64Array;
	/** |c̃_ji|. */
	readonly residuals: Float64Array;
	/** |(f̃ h)_ji - η_i|. */
	readonly outputs: Float64Array;
	/** ‖f̃_j - f_j‖₁. */
	readonly l1: number;
	/** Σ_l ω_l Σ_α |w_α q_j^α k_l^α| / D̃_j, for the polynomial and, where the route needs it, its derivative. */
	readonly growth: number;
	/** Standard deviations σ_f(h_i) and σ_f(A2_b) under the row's softmax weights, where they are known. */
	readonly deviations?: { readonly values: Float64Array; readonly keys: Float64Array };
}

/** A bound on |g̃ - g|, entry by entry, that is a sum over rows. */
export interface ErrorForm {
	/** Adds a row, counted `times` times. */
	add(row: RowFacts, times?: number): void;
	/** The bound so far, d x d, row-major. */
	bounds(): Float64Array;
}

/** Σ_l |f̃_jl| at most: f̃ >= 0 where every entry has a relative error below 1. */
export const massOfRow = (error: EntryError, l1: number): number => (error.relative < 1 ? 1 : plus(1, l1));
