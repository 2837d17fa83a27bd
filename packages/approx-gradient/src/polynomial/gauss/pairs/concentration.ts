/** Sums of independent X_i with |X_i| <= range, or X_i >= -range for a bound from below of their mean. */
export interface Sample {
	/** Σ X_i². */
	readonly squares: number;
	/** c > 0. */
	readonly range: number;
}

/** λ c over powers of two: what a bound chooses from after it has seen the sample. */
const exponents = Array.from({ length: 16 }, (_, i) => 0.8 * 2 ** -i);

/** How many widths `deviation` takes the least of: each may fail. */
export const DEVIATION_CHOICES = exponents.length;

/**
 * At least Σ X_i − Σ E X_i for independent X_i >= −c, but for a chance of DEVIATION_CHOICES · e^−log: the least over λ of
 * (log + ψ Σ X_i²) / λ, ψ = (−ln(1 − λc) − λc) / c². For X >= −c it is e^(λX − ψX²) <= 1 + λX (Fan, Grama, Liu 2015), so that the
 * product of e^(λ(X_i − E X_i) − ψX_i²) has a mean of at most 1 whatever the distributions are, and Markov's inequality does the rest.
 */
export function deviation({ squares, range }: Sample, log: number): number {
	const relative = squares / range ** 2;
	let least = Number.POSITIVE_INFINITY;
	for (const exponent of exponents) least = Math.min(least, (log + psi(exponent) * relative) / exponent);
	return (1 + 1e-9) * least * range;
}

/** −ln(1 − x) − x = x²/2 + x³/3 + ..., without cancellation. */
function psi(x: number): number {
	if (x > 0.1) return -Math.log1p(-x) - x;
	let [sum, power] = [0, x];
	for (let k = 2; k < 20; k++) {
		power *= x;
		sum += power / k;
	}
	return sum * (1 + 1e-12);
}
