import type { GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type Matrix } from "@attgrad/matrix-core";

/** The result of every exact algorithm. */
export interface ExactGradient extends GradientResult {
	/** dL/dY = A3ᵀ fᵀ c, d x d, in double precision. */
	readonly gradientY: Matrix;
}

/**
 * The result itself.
 * @throws ComputationError where a number of it is not finite: entries so large that a product overflows, or rows read
 * from a source that are not finite
 */
export function finite(algorithm: string, result: ExactGradient): ExactGradient {
	const { gradient, gradientY, loss } = result;
	for (const number of [loss, ...gradient.data, ...gradientY.data])
		if (!Number.isFinite(number))
			throw new ComputationError("failed", `${algorithm}: the result is not finite, got ${number}`);
	return result;
}
