import { incompleteBeta } from "./incomplete-beta.ts";

/**
 * Quantile of Student's t distribution: P(T ≤ t) = probability. Bisection on the distribution function, good to 1e-10.
 * @param freedom degrees of freedom, > 0, not necessarily whole
 */
export function studentQuantile(probability: number, freedom: number): number {
	if (probability < 0.5) return -studentQuantile(1 - probability, freedom);
	let low = 0;
	let high = 1;
	while (upperTail(high, freedom) > 1 - probability) high *= 2;
	while (high - low > 1e-11 * high) {
		const middle = (low + high) / 2;
		if (upperTail(middle, freedom) > 1 - probability) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

/** P(T > t) for t ≥ 0: half the incomplete beta function I_x(ν/2, 1/2) at x = ν/(ν + t²). */
function upperTail(t: number, freedom: number): number {
	return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}
