/** A result at a degree, and its bound over what is asked for. */
export interface Tried<Made> {
	readonly made?: Made | undefined;
	readonly share: number;
}

/** Tries in a row without a smaller bound that end a search: rounding is what is left. */
const PATIENCE = 2;

/** Part of the least bound so far that a bound must be below to be smaller. */
const SMALLER = 0.9;

/**
 * The degree to try after one whose bound is `share` times what is asked for. A degree more divides bounds by five to thirty, so it is one more, and
 * another for each power of ten but the first.
 */
export function degreeAfter(degree: number, share: number): number {
	return degree + (Number.isFinite(share) ? Math.max(1, Math.floor(Math.log10(share))) : 1);
}

/**
 * Tries degrees from `first` to `highest` until one proves what is asked for, and gives that, or the one with the least bound.
 * @param attempt undefined where the degree cannot be tried, which ends the search
 */
export async function leastProving<Made>(
	first: number,
	highest: number,
	attempt: (degree: number) => Promise<Tried<Made> | undefined>,
): Promise<Tried<Made> & { readonly degree: number }> {
	let best: Tried<Made> & { degree: number } = { share: Number.POSITIVE_INFINITY, degree: first };
	let inVain = 0;
	for (let degree = first; degree <= highest; ) {
		const tried = await attempt(degree);
		if (tried === undefined) break;
		const { made, share } = tried;
		if (share <= 1) return { made, share, degree };
		inVain = share < SMALLER * best.share ? 0 : inVain + 1;
		if (share < best.share || (best.made === undefined && share === best.share)) best = { made, share, degree };
		if (inVain >= PATIENCE && Number.isFinite(best.share)) break;
		degree = Math.max(degree + 1, Math.min(highest, degreeAfter(degree, share)));
	}
	return best;
}
