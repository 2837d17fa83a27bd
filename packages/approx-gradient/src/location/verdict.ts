/** In one word where a head lies: see `verdictOf`. */
export type Verdict = "below" | "near" | "above";

/** At this many times the length a head of the same rank is near. */
const NEAR = 32;

/**
 * `below`: the certified low-rank pass takes less time than the exact one at the head's own length. `near`: it would at up to 32 times the length if
 * the rank stayed what it is, or the least rank leaves room for a better method at the head's own length. `above`: neither, so that
 * what is known of this head is that exact attention is the way.
 */
export function verdictOf({
	n,
	paysFrom,
	leastPaysFrom,
}: {
	readonly n: number;
	readonly paysFrom: number | null;
	readonly leastPaysFrom: number;
}): Verdict {
	if (paysFrom !== null && paysFrom <= n) return "below";
	if (leastPaysFrom <= n || (paysFrom !== null && paysFrom <= NEAR * n)) return "near";
	return "above";
}
