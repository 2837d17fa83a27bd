import {
	type AttentionProblem,
	createBackwardProblem,
	everyKey,
	type MatrixName,
	refuseUnless,
} from "@attgrad/attention-problem";
import {
	ComputationError,
	firstNotFinite,
	Matrix,
	materialise,
	multiply,
	type RowSource,
	type Runtime,
	transpose,
} from "@attgrad/matrix-core";
import { entriesScaled, timesPowerOfTwo } from "../range/powers.ts";
import { gradientExponent, scaledProblem } from "../range/scaled-problem.ts";
import { kernelBackward } from "./kernel-backward.ts";
import { finishResults } from "./results.ts";
import { streamingPass } from "./streaming.ts";
import { FLOPS_OF_COLUMN, withinDays } from "./within-days.ts";

/** Gradients of the loss in matrices of a problem, each shaped like its matrix, in double precision. */
export interface ProblemGradients {
	readonly gradients: Readonly<Partial<Record<MatrixName, Matrix>>>;
	readonly loss: number;
}

/**
 * The exact gradients of the paper's loss (Definition 1.4) in any of its matrices, by one backward pass of the operator for all of them:
 * Q = A1 X, K = A2, V = A3 Y, dO = O − E. Then dL/dX = A1ᵀ dQ, dL/dA1 = dQ Xᵀ, dL/dA2 = dK, dL/dY = A3ᵀ dV, dL/dA3 = dV Yᵀ and
 * dL/dE = E − O. 12 n² d flops and n² exponentials, memory O(n d); the passes work in the number type of the problem.
 * @param wrt the matrices, in any order
 * @throws UsageError for so many pairs that they would take days; ComputationError where a number is not finite, or memory cannot grow
 */
export async function problemGradients(
	problem: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	runtime: Runtime,
): Promise<ProblemGradients> {
	const { n, d } = problem;
	const sizes = { batch: 1, heads: 1, n_q: n, n_k: n, d, d_v: d, visibility: everyKey };
	refuseUnless(withinDays(sizes, FLOPS_OF_COLUMN.backward, false));
	const scaled = scaledProblem(problem);
	if (scaled === undefined) return gradientsOf(problem, wrt, runtime);
	const { exponents } = scaled;
	const { gradients, loss } = await gradientsOf(scaled.problem, wrt, runtime);
	const back = Object.entries(gradients).map(([name, made]) => {
		const gradient = entriesScaled(made, gradientExponent(name as MatrixName, exponents));
		const at = firstNotFinite(gradient.data, 0, gradient.data.length);
		if (at >= 0)
			throw new ComputationError("failed", `streaming: an entry of dL/d${name} is not finite: ${gradient.data[at]}`);
		return [name, gradient];
	});
	return { gradients: Object.fromEntries(back), loss: timesPowerOfTwo(loss, 2 * exponents.values) };
}

/** The gradients of a problem whose products stay in the range. */
async function gradientsOf(
	problem: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	runtime: Runtime,
): Promise<ProblemGradients> {
	const { scale, X, Y } = problem;
	const [A1, A2, A3, E] = [problem.A1, problem.A2, problem.A3, problem.E].map(materialise) as [
		Matrix,
		Matrix,
		Matrix,
		Matrix,
	];
	const { dtype } = A1;
	const wide = { A1: A1.as("f64"), A3: A3.as("f64"), X: X.as("f64"), Y: Y.as("f64") };
	const Q = multiply(wide.A1, wide.X).as(dtype);
	const V = multiply(wide.A3, wide.Y).as(dtype);
	const backward = createBackwardProblem({ Q, K: A2, V, dO: E }, { scale });
	const pass =
		runtime.kernel === "js"
			? await streamingPass(backward, runtime.onProgress, true)
			: await kernelBackward(backward, runtime, { residual: true });
	const { dQ, dK, dV, output } = finishResults("streaming", pass, "f64");
	const make: Record<MatrixName, () => Matrix> = {
		X: () => multiply(wide.A1, dQ, { transposeA: true }),
		Y: () => multiply(wide.A3, dV, { transposeA: true }),
		A1: () => multiply(dQ, transpose(wide.X)),
		A2: () => dK,
		A3: () => multiply(dV, transpose(wide.Y)),
		E: () => Matrix.build(E.rows, E.cols, (j, i) => E.at(j, i) - output.at(j, i)),
	};
	return { gradients: Object.fromEntries(wrt.map((name) => [name, make[name]()])), loss: pass.loss };
}
