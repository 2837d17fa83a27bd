import {
	type AttentionProblem,
	type BackwardProblem,
	createBackwardProblem,
	inMemory,
	type MatrixName,
	type OfEachGradient,
} from "@attgrad/attention-problem";
import { maxAbs, multiply, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { availableMemory } from "../../polynomial/monomials/feature-tree.ts";
import {
	type BackwardAccuracy,
	expectedShare,
	firstDegree,
	outputShare,
	type ShareOf,
} from "../plan/expected-degree.ts";
import { type BackwardPlan, planBackward } from "../plan-backward.ts";
import { backwardPolynomial, memoryOf } from "../polynomial-backward.ts";
import { type ProblemGradientsRequest, wide } from "./problem-gradients-request.ts";

/** Operands of the operator, and about its upstream gradient: that of an output of zeros. */
function sampledOperands({ A1, A2, A3, E, X, Y, scale }: AttentionProblem): BackwardProblem {
	return createBackwardProblem({ Q: multiply(A1, X), K: A2, V: multiply(A3, Y), dO: E }, { scale });
}

/**
 * Shares of the gradients of the operator that those in some matrices go through; of the outputs where E − O alone is asked for, whose largest entry is taken
 * to be about that of E.
 */
function sharesOf(operands: BackwardProblem, wrt: readonly MatrixName[], asked: BackwardAccuracy): ShareOf {
	const names = wrt.flatMap((name) => through[name]);
	if (names.length > 0) return expectedShare(operands, asked, names);
	const { epsilon = Number.POSITIVE_INFINITY, relative = Number.POSITIVE_INFINITY } = asked;
	return outputShare(operands, { epsilon: Math.min(epsilon, relative * maxAbs(operands.dO)) });
}

/** Through which gradient of the operator that in a matrix goes; the one in E has none. */
const through: Readonly<Record<MatrixName, readonly (keyof OfEachGradient)[]>> = {
	...{ X: ["dQ"], A1: ["dQ"], A2: ["dK"], A3: ["dV"], Y: ["dV"], E: [] },
};

/** The degree that a sample expects where there are many rows, otherwise 1. */
export async function firstDegreeOf(
	problem: AttentionProblem,
	wrt: readonly MatrixName[],
	asked: BackwardAccuracy,
	runtime: Runtime,
): Promise<number> {
	const operands = sampledOperands(problem);
	const { chunk } = backwardPolynomial.options.parse({});
	const fits = (degree: number) => memoryOf(operands, degree, chunk) <= availableMemory();
	return firstDegree(operands, sharesOf(operands, wrt, asked), runtime, fits);
}

/**
 * Whether polynomials are expected to be faster than the exact pass: at about which degree, or why not. Looks at a sample of rows, and makes A1 X
 * and A3 Y.
 */
export async function planProblemGradients(
	given: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	{ epsilon, relative }: ProblemGradientsRequest,
	runtime: Runtime,
): Promise<BackwardPlan> {
	if (given.roundedFrom !== undefined || (epsilon === undefined && relative === undefined))
		return { why: "exact up to rounding; one backward pass gives the gradients in all matrices" };
	const { chunk } = backwardPolynomial.options.parse({});
	const operands = sampledOperands(wide(inMemory(given)));
	const asked = { epsilon, relative };
	return planBackward(operands, asked, chunk, runtime, sharesOf(operands, wrt, asked));
}
