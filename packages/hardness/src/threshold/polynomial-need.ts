import { UsageError } from "@attgrad/matrix-core";

/**
 * Least degree g for which the truncated Chebyshev series of exp on [-R, R] is within relative error δ by the bound
 * δ_C of paper.md 6. In logarithms, so that it holds for radii at which e^R or (g + 1)! is no double.
 * @throws UsageError for a radius that is not a finite number > 0 or δ outside (0, 1)
 */
export function chebyshevDegree(radius: number, delta: number): number {
	if (!(Number.isFinite(radius) && radius > 0 && delta > 0 && delta < 1))
		throw new UsageError(`chebyshev degree: expected a radius > 0 and 0 < delta < 1, got ${radius} and ${delta}`);
	const target = Math.log(delta);
	let logPower = Math.log(radius / 2); // ln((R/2)^(g+1) / (g+1)!)
	for (let degree = 0; ; degree++) {
		const ratio = radius / (2 * (degree + 2));
		const logError = Math.LN2 + radius + (radius * ratio) / 2 + logPower - Math.log1p(-ratio);
		if (ratio < 1 && logError <= target) return degree;
		logPower += Math.log(radius / 2 / (degree + 2));
	}
}
