import {
	backwardPolynomial,
	hybridForward,
	hybridOperatorOutput,
	polynomialOperatorOutput,
	whyNotHybrid,
} from "@attgrad/approx-gradient";
import type { AnyForwardAlgorithm, AttentionOperands } from "@attgrad/attention-problem";
import { operatorForward } from "@attgrad/exact-gradient";
import { type Matrix, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";

/** The output of an operator with masks and heads, and what is known of it. */
export interface KnownOutput {
	readonly output: Matrix;
	/** ln Σ e^score of each query, where it is known. */
	readonly lse?: Float64Array;
	readonly degree?: number;
	readonly rank?: number;
	readonly exactRows?: number;
	/** At least the length of the error of every row; of an exact output none is claimed. */
	readonly bound?: number;
}

/**
 * The output by the algorithm that was asked for: `polynomial` and `hybrid` with a proof, all others exactly.
 * @throws UsageError for an option that polynomials by row do not have, and for operands that `hybrid` does not take; ComputationError where no degree proves what is asked for
 */
export async function operatorOutput(
	operands: AttentionOperands<RowSource>,
	{ name }: AnyForwardAlgorithm,
	options: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): Promise<KnownOutput> {
	if (name === "hybrid") {
		const reason = whyNotHybrid(operands);
		if (reason !== undefined) throw new UsageError(reason);
		return hybridOperatorOutput(operands, hybridForward.options.parse(options), runtime);
	}
	if (name !== "polynomial") return operatorForward(operands, runtime);
	const { basis, degree, ...accuracy } = options;
	if (basis !== undefined && basis !== "gauss")
		throw new UsageError(`basis ${basis} is for one head without a mask: others have a polynomial of each row`);
	if (degree === 0) throw new UsageError("degree must be >= 1 for a layer with masks or heads, got 0");
	const asked = backwardPolynomial.options.parse({ ...accuracy, ...(degree !== undefined && { degree }) });
	// a given degree proves what it proves
	return polynomialOperatorOutput(operands, asked, runtime);
}
