import { backwardPeers, findBackward, gradientThrough } from "@attgrad/algorithms";
import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	createBackwardProblem,
	type MaskName,
} from "@attgrad/attention-problem";
import { type CellContext, cellProblem, type Measurement, measureBackward } from "@attgrad/harness";

/** The backward passes that are measured, by the names that their cells have. */
const measured: ReadonlyMap<string, AnyBackwardAlgorithm> = new Map(
	[findBackward("streaming"), findBackward("polynomial"), findBackward("auto"), ...backwardPeers].map((backward) => [
		gradientThrough(backward).name,
		backward,
	]),
);

/** The backward passes where an experiment has gradient algorithms. */
export const algorithms = [...measured.values()].map(gradientThrough);

/** Most tokens of which the error of an approximation is told. */
const COMPARED = 8192;

/** Time, error and certificate of dQ, dK and dV together, of a layer Q = A1, K = A2, V = A3, dO = E of the cell's instance. */
export async function measure({ cell, algorithm, ...context }: CellContext): Promise<Measurement> {
	const backward = measured.get(algorithm.name);
	if (!backward) throw new Error(`no backward pass has the name ${algorithm.name}`);
	const { mask, ...options } = cell.options as { readonly mask: MaskName };
	const like = (n: number): BackwardProblem => {
		const { A1, A2, A3, E, scale } = cellProblem(cell, n);
		return createBackwardProblem({ Q: A1, K: A2, V: A3, dO: E }, { scale, visibility: { mask } });
	};
	const problem = like(cell.n);
	return measureBackward({ ...context, algorithm: backward, options, problem, like, comparedUpTo: COMPARED });
}
