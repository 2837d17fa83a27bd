import type { Numbers } from "@attgrad/matrix-core";
import type { GradientSizes } from "../../oracle/gradient-queries.ts";

/** The options of a reduction that asks for one gradient. */
export interface OneCallOptions {
	/**
	 * Adds columns that spell the index of queries and keys, so that the same gradient holds a pair.
	 * @default true, or false with `identity`
	 */
	readonly witness?: boolean;
	/** X = I, exactly the form of Theorem E.5, instead of I with the last rows zeroed. No witness columns. @default false */
	readonly identity?: boolean;
}

/** The genuine part of an instance with one call: what it puts into the first `core` columns. */
export interface OneCallCore {
	readonly queries: number;
	readonly keys: number;
	/** Number of dummy keys: at least the numbers of queries and keys. */
	readonly dummies: number;
	/** Columns that make the logits. */
	readonly core: number;
	/** Columns in all. */
	readonly d: number;
	/** Columns that spell indices; 0 for none. */
	readonly bits: number;
	readonly identity: boolean;
	/** The bound B that the entries meet. */
	readonly B: number;
	/** Pairs that count have at least this logit. */
	readonly yesLogit: number;
	/** All other pairs have at most this logit. */
	readonly noLogit: number;
	/** Largest Σ_b |q̂_jb| max_l |k_lb| over the queries, for the bound on rounding. */
	readonly scoreSize: number;
	/** Writes the first `core` entries of a query, scaled by √d. */
	fillQuery(row: Numbers, query: number): void;
	/** Writes the first `core` entries of a key, scaled by √d. */
	fillKey(row: Numbers, key: number): void;
}

/** Largest oracle error, times d, for which one call always decides: yes - no > 2/20 (paper.md 9.3). */
export const oneCallTolerance = 1 / 20;

/** Number of bit columns for the indices of both sides. */
export function indexBits(queries: number, keys: number): number {
	return Math.max(1, Math.ceil(Math.log2(Math.max(queries, keys))));
}

/** Sizes of an instance with one call. */
export function oneCallSizes({ keys, dummies, d, B }: OneCallCore): GradientSizes {
	return { n: 2 * keys + dummies, d, B, epsilon: oneCallTolerance / d, calls: 1 };
}
