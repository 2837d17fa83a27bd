import {
	type EndToEnd,
	endToEnd,
	type LayerPerturbation,
	largestPerturbation,
	perturbationOf,
	polynomialStack,
	type StackAccuracy,
	type StackRoute,
} from "@attgrad/approx-gradient";
import { type AttentionStack, runStack, type StackWeights } from "@attgrad/attention-problem";
import { backwardStreaming, operatorForward } from "@attgrad/exact-gradient";
import { ComputationError, type Matrix, type Runtime } from "@attgrad/matrix-core";

/** The certificate of the gradients of a stack. */
export interface StackCertificate {
	/**
	 * The mixed-stability certificate (backward.md Theorem A.4): the computed gradients are the exact ones of a stack whose layers are perturbed by no
	 * more than this, each perturbation against the size of what it is added to. It does not grow with depth.
	 */
	readonly perturbation: number;
	readonly layers: readonly LayerPerturbation[];
	/** How far the gradients are from the exact ones of the stack itself (Theorem A.3): of use for one or two layers. */
	readonly endToEnd: EndToEnd;
}

/** The gradients of a stack. */
export interface StackResult {
	/** Output of the last layer, n x d. */
	readonly output: Matrix;
	/** Gradient in E, n x d. */
	readonly dE: Matrix;
	/** Gradients in the weights of each layer, shaped like them. */
	readonly layers: readonly StackWeights[];
	/** Degrees and exact rows of each layer; absent where attention is exact. */
	readonly routes?: readonly StackRoute[];
	/** Absent where attention is exact up to rounding. */
	readonly certificate?: StackCertificate;
}

/** Algorithms for the attention of a stack. */
export const stackAlgorithms = ["streaming", "polynomial"] as const;

/**
 * The gradients of a stack in its input and in every weight: exactly up to rounding, or by polynomials with a certificate.
 * @throws ComputationError where no degree proves the perturbation that is asked for, or a gradient is not finite
 */
export async function stackGradients(
	stack: AttentionStack,
	{ algorithm, ...accuracy }: StackAccuracy & { readonly algorithm: (typeof stackAlgorithms)[number] },
	runtime: Runtime,
): Promise<StackResult> {
	if (algorithm === "streaming") {
		const { output, dE, layers } = await runStack(stack, {
			forward: (operands) => operatorForward(operands, runtime),
			backward: (problem) => backwardStreaming.run(problem, {}, runtime),
		});
		return finite({ output, dE, layers: layers.map(({ dWeights }) => dWeights) });
	}
	const { output, dE, layers, routes } = await polynomialStack(stack, accuracy, runtime);
	const perturbations = layers.map((pass) => perturbationOf(stack, pass));
	const certificate: StackCertificate = {
		perturbation: Math.max(...perturbations.map(largestPerturbation)),
		layers: perturbations,
		endToEnd: endToEnd(stack, layers),
	};
	return finite({ output, dE, layers: layers.map(({ dWeights }) => dWeights), routes, certificate });
}

/** @throws ComputationError naming a gradient that is not finite */
function finite(result: StackResult): StackResult {
	const named: [string, Matrix | undefined][] = [
		["dE", result.dE],
		...result.layers.flatMap((weights, at) =>
			Object.entries(weights).map(([name, rows]): [string, Matrix] => [`d${name} of layer ${at + 1}`, rows]),
		),
	];
	for (const [name, rows] of named)
		if (rows && !rows.data.every(Number.isFinite))
			throw new ComputationError("failed", `stack: an entry of ${name} is not finite`);
	return result;
}
