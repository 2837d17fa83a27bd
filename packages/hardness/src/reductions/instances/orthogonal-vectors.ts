import { innerProduct } from "./bit-matrix.ts";
import type { Pair, PairInstance } from "./pairs.ts";

/** Orthogonal vectors: is there a query a_i and a key b_j with <a_i, b_j> = 0? */
export type OrthogonalVectors = PairInstance;

/** Whether the pair is orthogonal. O(m). */
export function isOrthogonal({ a, b }: OrthogonalVectors, { query, key }: Pair): boolean {
	return innerProduct(a.row(query), b.row(key)) === 0;
}

/** Every orthogonal pair, by looking at all of them: the truth that reductions are tested against. O(n_q n_k m). */
export function orthogonalPairs(source: OrthogonalVectors): Pair[] {
	const pairs: Pair[] = [];
	for (let query = 0; query < source.a.rows; query++)
		for (let key = 0; key < source.b.rows; key++) if (isOrthogonal(source, { query, key })) pairs.push({ query, key });
	return pairs;
}
