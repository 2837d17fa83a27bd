/** Times of the exact method and the polynomial at one n, milliseconds. */
export interface TimesAt {
	readonly n: number;
	readonly exact: number;
	readonly polynomial: number;
}

/**
 * The n at which the polynomial becomes faster: between the neighbouring sizes, with log(exact / polynomial) taken as linear in
 * log n. Undefined where it is not faster at any of the sizes, the smallest size where it is faster at all.
 */
export function crossing(times: readonly TimesAt[]): number | undefined {
	const sorted = times.toSorted((a, b) => a.n - b.n);
	const lead = ({ exact, polynomial }: TimesAt): number => Math.log(exact / polynomial);
	// From the top, so that a slip of the clock at a small n is not taken for the crossing.
	const before = sorted.findLastIndex((at) => lead(at) < 0);
	const [below, above] = [sorted[before], sorted[before + 1]];
	if (!above) return undefined;
	if (!below) return above.n;
	const share = -lead(below) / (lead(above) - lead(below));
	return Math.exp(Math.log(below.n) + share * Math.log(above.n / below.n));
}

/** Sizes of a predicted crossing: beyond 2^40 there is none that matters. */
const RANGE = { low: 1, high: 2 ** 40 };

/** The n from which `polynomial(n)` is below `exact(n)`, by halving the interval of log n; Infinity where it is not below 2^40. */
export function predictedCrossing(exact: (n: number) => number, polynomial: (n: number) => number): number {
	let { low, high } = RANGE;
	if (polynomial(high) >= exact(high)) return Number.POSITIVE_INFINITY;
	while (high / low > 1.001) {
		const middle = Math.sqrt(low * high);
		if (polynomial(middle) < exact(middle)) high = middle;
		else low = middle;
	}
	return high;
}
