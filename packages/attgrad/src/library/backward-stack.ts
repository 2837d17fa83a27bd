import { type StackResult, stackGradients } from "@attgrad/algorithms";
import { type AttentionStack, withRuntime } from "@attgrad/attention-problem";
import { type Runtime, UsageError } from "@attgrad/matrix-core";

/** How the gradients of a stack are computed. */
export interface StackOptions {
	/** `exact`, or `polynomial`, which proves how far a layer is perturbed. @default "exact", "polynomial" where `relative` or `degree` is given */
	readonly algorithm?: "exact" | "polynomial";
	/** Largest perturbation of a layer's attention against its size. @default 2^-8, the rounding of bfloat16, where no degree is given */
	readonly relative?: number;
	/** Degree of the polynomials of every layer. @default the least odd one that proves `relative` */
	readonly degree?: number;
	/** Kernels and threads to compute on. @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
}

/**
 * The gradients of a stack of attention layers in its input and every weight, from an upstream gradient.
 *
 * ```ts
 * const { dE, layers } = await backwardStack(createStack({ E, layers: [{ Q, K, V }], dO }, { residual: true }));
 * ```
 *
 * @throws UsageError for an accuracy that is not a positive number, or one given to the exact algorithm
 * @throws ComputationError where no degree proves the perturbation that is asked for
 */
export async function backwardStack(
	stack: AttentionStack,
	{ algorithm, relative, degree, runtime }: StackOptions = {},
): Promise<StackResult> {
	const isAsked = relative !== undefined || degree !== undefined;
	const chosen = algorithm ?? (isAsked ? "polynomial" : "exact");
	if (chosen !== "exact" && chosen !== "polynomial")
		throw new UsageError(`stack: unknown algorithm: ${String(chosen)} (known: exact, polynomial)`);
	if (chosen === "exact" && isAsked) throw new UsageError("stack: the exact algorithm takes no relative and no degree");
	if (relative !== undefined && !(relative > 0))
		throw new UsageError(`stack: relative must be a number > 0, got ${relative}`);
	if (degree !== undefined && !(Number.isInteger(degree) && degree >= 1 && degree <= 40))
		throw new UsageError(`stack: degree must be a whole number from 1 to 40, got ${degree}`);
	const asked = { algorithm: chosen === "exact" ? ("streaming" as const) : chosen, relative, degree };
	return withRuntime(runtime, (own) => stackGradients(stack, asked, own));
}
