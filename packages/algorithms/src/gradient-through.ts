import {
	type AnyBackwardAlgorithm,
	type AnyGradientAlgorithm,
	type AttentionProblem,
	type BackwardProblem,
	createBackwardProblem,
	defineAlgorithm,
	type MaskName,
	maskNames,
} from "@attgrad/attention-problem";
import { operatorForward } from "@attgrad/exact-gradient";
import { Matrix, materialise, multiply, type RowSource } from "@attgrad/matrix-core";
import { z } from "zod";

/**
 * dL/dX of the paper's problem, or of the same with a causal mask, through a backward pass: Q = A1 X, K = A2, V = A3 Y, dO = O − E with the
 * exact O, dL/dX = A1ᵀ dQ. Experiments name a backward pass so where a gradient algorithm stands: `backward-NAME`, and `backward-NAME/causal`.
 * It claims no bound: that of dQ is not carried to dL/dX.
 */
export function gradientThrough(backward: AnyBackwardAlgorithm): AnyGradientAlgorithm {
	const options = z.strictObject({
		...backward.options.shape,
		mask: z.enum(maskNames).default("none").describe("keys that a query sees"),
	});
	return defineAlgorithm({
		name: `backward-${backward.name}`,
		summary: `dL/dX through dQ: ${backward.summary}`,
		exact: backward.exact,
		version: backward.version,
		...(backward.modules && { modules: backward.modules }),
		options,
		variants: { causal: { mask: "causal" } as object },
		supports: (problem, given) => {
			const { mask, ...own } = given as { mask: MaskName };
			return backward.supports(shapesAlone(problem, mask), own);
		},
		run: async (problem, given, runtime) => {
			const { mask, ...own } = given as { mask: MaskName };
			const { A1, A2, A3, E, X, Y, scale } = problem;
			const [inputs, targets] = [materialise(A1).as("f64"), materialise(E)];
			const { dtype } = targets;
			const Q = multiply(inputs, X.as("f64")).as(dtype);
			const V = multiply(materialise(A3).as("f64"), Y.as("f64")).as(dtype);
			const operands = createBackwardProblem(
				{ Q, K: materialise(A2), V, dO: targets },
				{ scale, visibility: { mask } },
			);
			const { output } = await operatorForward(operands, runtime);
			const dO = Matrix.build(Q.rows, Q.cols, (j, i) => output.at(j, i) - targets.at(j, i), dtype);
			const { dQ, degree, rank, exactRows } = await backward.run({ ...operands, dO }, own, runtime);
			let loss = 0;
			for (const x of dO.data) loss += (x * x) / 2;
			return {
				gradient: multiply(inputs, dQ.as("f64"), { transposeA: true }),
				loss,
				...(typeof degree === "number" && { degree }),
				...(typeof rank === "number" && { rank }),
				...(exactRows !== undefined && { exactRows }),
			};
		},
	});
}

/** The operator of a problem without its products, for what looks at shapes alone. */
function shapesAlone(
	{ A1, A2, A3, E, scale }: AttentionProblem<RowSource>,
	mask: MaskName,
): BackwardProblem<RowSource> {
	return createBackwardProblem({ Q: A1, K: A2, V: A3, dO: E }, { scale, visibility: { mask } });
}
