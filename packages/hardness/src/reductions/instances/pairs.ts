import type { BitMatrix } from "./bit-matrix.ts";

/** An instance that asks for a pair: a row of `a` (a query) and a row of `b` (a key), both of one length. */
export interface PairInstance {
	/** Queries, n_q x length. */
	readonly a: BitMatrix;
	/** Keys, n_k x length. */
	readonly b: BitMatrix;
}

/** Indices of a row of `a` and a row of `b`. */
export interface Pair {
	readonly query: number;
	readonly key: number;
}

/** The same instance with the given queries and keys only. */
export function restrict<Source extends PairInstance>(
	source: Source,
	queries: readonly number[],
	keys: readonly number[],
): Source {
	return { ...source, a: source.a.select(queries), b: source.b.select(keys) };
}
