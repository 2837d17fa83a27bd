import { incompleteBeta } from "./incomplete-beta.ts";

/**
 * The 95 % bootstrap interval of a median. Drawn samples of a given size have a median whose distribution over the
 * ordered values is known (Maritz & Jarrett 1978): value k of n is passed with probability I_{k/n}((n + 1)/2, (n + 1)/2).
 * So nothing is drawn, and the interval is that of endlessly many resamples. Below 6 values no interval from the values
 * alone holds 95 %.
 * @param ordered one value at least, ascending
 */
export function medianInterval(ordered: ArrayLike<number>): [low: number, high: number] {
	const count = ordered.length;
	const middle = (count + 1) / 2;
	const quantile = (probability: number) => {
		let [low, high] = [0, count];
		while (high - low > 1) {
			const k = (low + high) >> 1;
			if (incompleteBeta(k / count, middle, middle) < probability) low = k;
			else high = k;
		}
		return ordered[high - 1];
	};
	return [quantile(0.025), quantile(0.975)];
}
