import type { AttentionOperands } from "@attgrad/attention-problem";
import { ComputationError, Matrix, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../../accuracy.ts";
import { availableMemory, countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { attemptDegree } from "../attempt.ts";
import { largestOf } from "../part-bounds.ts";
import { degreesToTry, type ShareOf } from "../plan/expected-degree.ts";
import { memoryOf, type PolynomialBackwardOptions, storedBound } from "../polynomial-backward.ts";

/** Highest degree that is tried for an accuracy. */
const HIGHEST = 21;

/** The output of the operator by polynomials, with a proof of its error. */
export interface PolynomialOperatorOutput {
	/** (batch · heads · n_q) x d_v, in the number type of the operands. */
	readonly output: Matrix;
	/** ln Σ e^score over the visible keys of each query. */
	readonly lse: Float64Array;
	readonly degree: number;
	/** K = C(d + degree, degree). */
	readonly rank: number;
	/** Rows that were computed exactly. */
	readonly exactRows: number;
	/** At least the length of the error of every row of the output, and of each. */
	readonly bound: number;
	readonly rowBounds: Float64Array;
}

/**
 * softmax(scale · Q Kᵀ over visible keys) V by sums of monomials, as `backwardPolynomial` without its gradients: O(n K d_v). The degree is
 * the given one, or an odd one, as low as a sample tells, that proves `epsilon` of the length of every row's error and `relative` of it against the largest entry.
 * @throws ComputationError naming what can be proved where no degree proves what is asked for
 */
export async function polynomialOperatorOutput(
	operands: AttentionOperands<RowSource>,
	{ degree, epsilon = Number.POSITIVE_INFINITY, chunk, ...asked }: PolynomialBackwardOptions,
	runtime: Runtime,
): Promise<PolynomialOperatorOutput> {
	const { Q, batch, heads, n_q, d, d_v } = operands;
	const isAsked = degree !== undefined || epsilon < Number.POSITIVE_INFINITY;
	const relative = asked.relative ?? (isAsked ? undefined : DEFAULT_RELATIVE);
	const problem = { ...operands, dO: Matrix.zeros(batch * heads * n_q, d_v, Q.dtype) };
	const fits = (tried: number) => memoryOf(problem, tried, chunk) <= availableMemory();
	const limitOf = (values: Matrix) => Math.min(epsilon, relative === undefined ? epsilon : relative * maxAbs(values));
	const shares: ShareOf = (_, sample) => largestOf(sample.outputRows) / limitOf(sample.output);
	const degrees = degree === undefined ? await degreesToTry(problem, shares, runtime, HIGHEST, fits) : [degree];
	let least = Number.POSITIVE_INFINITY;
	for (const tried of degrees) {
		if (degree === undefined && !fits(tried)) break;
		const attempt = await attemptDegree(problem, tried, chunk, Number.POSITIVE_INFINITY, runtime, { outputOnly: true });
		if ("above" in attempt) throw new Error("there is no limit");
		const { output, outputRows, lse, exactRows } = attempt;
		const stored = (bound: number): number => storedBound(output, Q.dtype, bound, d_v);
		const bound = stored(largestOf(outputRows));
		const limit = limitOf(output);
		if (bound <= limit)
			return {
				...{ output: output.as(Q.dtype), lse, degree: tried, rank: countMonomials(d, tried), exactRows },
				...{ bound, rowBounds: outputRows.map(stored) },
			};
		least = Math.min(least, bound / limit);
	}
	throw new ComputationError(
		"failed",
		`polynomial: no degree proves the output to ${epsilon < Number.POSITIVE_INFINITY ? `epsilon ${epsilon}` : `relative ${relative}`}; the best proves ${least.toPrecision(3)} times that`,
	);
}
