import type { AttentionOperands, BackwardProblem } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, Matrix, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { bestProved, DEFAULT_RELATIVE } from "../../accuracy.ts";
import { plus } from "../../error-bound/index.ts";
import { availableMemory, countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { attemptDegree } from "../attempt.ts";
import { largestOf } from "../part-bounds.ts";
import { leastProving } from "../plan/degree-search.ts";
import { firstDegree, HIGHEST_TRIED, outputShare } from "../plan/expected-degree.ts";
import { memoryOf, type PolynomialBackwardOptions, withStorage } from "../polynomial-backward.ts";

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
	/** The largest part of a bound that is not of the polynomials. */
	readonly floor: number;
	/** The largest κ: twice it is at least the error of a row's weights in sum. */
	readonly kappa: number;
}

/**
 * softmax(scale · Q Kᵀ over visible keys) V by sums of monomials, as `backwardPolynomial` without its gradients: O(n K d_v). The degree is
 * the given one, or one as low as a sample tells that proves `epsilon` of the length of every row's error and `relative` of it against the largest entry.
 * @throws ComputationError naming what can be proved where no degree proves what is asked for
 */
export async function polynomialOperatorOutput(
	operands: AttentionOperands<RowSource>,
	{ degree, epsilon, chunk, ...asked }: PolynomialBackwardOptions,
	runtime: Runtime,
): Promise<PolynomialOperatorOutput> {
	const isAsked = degree !== undefined || epsilon !== undefined;
	const relative = asked.relative ?? (isAsked ? undefined : DEFAULT_RELATIVE);
	const problem = outputProblem(operands);
	const fits = (tried: number) => memoryOf(problem, tried, chunk) <= availableMemory();
	const shares = outputShare(problem, { epsilon, relative });
	const { made, share } = await provedOutput(
		problem,
		degree === undefined
			? { first: await firstDegree(problem, shares, runtime, fits, true), highest: HIGHEST_TRIED, fits }
			: { first: degree, highest: degree },
		{ epsilon, relative, chunk, dtype: problem.Q.dtype },
		runtime,
	);
	if (made && share <= 1) return made;
	throw new ComputationError(
		"failed",
		`polynomial: no degree proves the output to ${epsilon === undefined ? `relative ${relative}` : `epsilon ${epsilon}`}; ${bestProved(share)}; use streaming`,
	);
}

/** Operands as a backward problem whose upstream gradient is 0. */
export function outputProblem(operands: AttentionOperands<RowSource>): BackwardProblem<RowSource> {
	const { Q, batch, heads, n_q, d_v } = operands;
	return { ...operands, dO: Matrix.zeros(batch * heads * n_q, d_v, Q.dtype) };
}

/** The accuracy that an output must have, and what its bounds have to cover. */
export interface OutputDemand {
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
	readonly chunk: number;
	/** The number type that the output is stored in. */
	readonly dtype: Dtype;
	/** At least the length by which each row of the exact output at the operands is off the one that is meant. @default 0 */
	readonly moved?: Float64Array | undefined;
}

/** Degrees that may be tried. */
export interface TriedDegrees {
	readonly first: number;
	readonly highest: number;
	/** Whether a degree may be tried; none is from the first on that may not. @default all may */
	readonly fits?: (degree: number) => boolean;
}

/**
 * The output at the first of some degrees that proves what is asked for, or the best of them; `share` is its bound over what is asked for,
 * above 1 where none does. Degrees that prove no more than those before, where rounding is what is left, end the search.
 */
export async function provedOutput(
	problem: BackwardProblem<RowSource>,
	{ first, highest, fits = () => true }: TriedDegrees,
	{ epsilon, relative, chunk, dtype, moved }: OutputDemand,
	runtime: Runtime,
): Promise<{ readonly made?: PolynomialOperatorOutput | undefined; readonly share: number }> {
	const { onProgress } = runtime;
	return leastProving<PolynomialOperatorOutput>(first, highest, async (degree) => {
		if (!fits(degree)) return undefined;
		const options = { outputOnly: true, onProgress };
		const attempt = await attemptDegree(problem, degree, chunk, Number.POSITIVE_INFINITY, runtime, options);
		if ("above" in attempt) throw new Error("there is no limit");
		const { output, outputRows, lse, exactRows, kappa } = attempt;
		const stored = withStorage(output, dtype, problem.d_v);
		const rowBounds = outputRows.map((bound, row) => stored(moved ? plus(bound, moved[row]) : bound));
		const made = {
			...{ output: output.as(dtype), lse, degree, rank: countMonomials(problem.d, degree), exactRows },
			...{ bound: largestOf(rowBounds), rowBounds, kappa },
			floor: stored(plus(attempt.outputFloor, moved ? largestOf(moved) : 0)),
		};
		return { made, share: shareOf(made, { epsilon, relative }) };
	});
}

/** The bound over what is asked for; 0 where nothing is. */
function shareOf(
	{ output, bound }: PolynomialOperatorOutput,
	{ epsilon, relative }: Pick<OutputDemand, "epsilon" | "relative">,
): number {
	if (bound === 0 || (epsilon === undefined && relative === undefined)) return 0;
	// A bound that is this part of max |o~| is at most `relative` of max |o|.
	const part = relative === undefined ? Number.POSITIVE_INFINITY : (relative / (1 + relative)) * (1 - 2 ** -50);
	return Math.max(bound / (epsilon ?? Number.POSITIVE_INFINITY), bound / (part * maxAbs(output)));
}
