import type { AttentionProblem } from "../problem/problem.ts";
import { ExactMatrix } from "./exact-matrix.ts";
import { exactBackward, exactOutput, type Visible } from "./operator-truth.ts";

/** The true answers to a problem, to more than 50 digits of the sizes that go into them. */
export interface ProblemTruth {
	/** f A3 Y, n x d. */
	readonly output: ExactMatrix;
	/** dL/dX, d x d. */
	readonly gradient: ExactMatrix;
	/** dL/dY, d x d. */
	readonly gradientY: ExactMatrix;
}

/**
 * Output, dL/dX and dL/dY from Definition 1.2 in whole-number arithmetic, which shares no code with the algorithms: what
 * tests, certificates under attack and the gate of sweeps are judged by. Any finite entries; about n² · 3 microseconds.
 * @example truthOf(problem).gradient.distanceTo(computed)
 */
export function truthOf(problem: AttentionProblem, visible?: Visible): ProblemTruth {
	const [A1, A2, A3, E, X, Y] = [problem.A1, problem.A2, problem.A3, problem.E, problem.X, problem.Y].map((matrix) =>
		ExactMatrix.of(matrix),
	);
	const operands = { Q: A1.times(X), K: A2, V: A3.times(Y), scale: problem.scale, visible };
	const forward = exactOutput(operands);
	const { dQ, dV } = exactBackward(operands, forward, forward.output.minus(E));
	return { output: forward.output, gradient: A1.transposed().times(dQ), gradientY: A3.transposed().times(dV) };
}
