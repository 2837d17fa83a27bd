import { type AttentionProblem, type MatrixName, matrixNames } from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput } from "@attgrad/attention-problem/reference";
import { polynomialProblemGradients } from "../../src/backward/index.ts";
import type { Target } from "./target.ts";

/** Gradients in several matrices of a problem, each against its own bound; of the numbers as they were read. */
export const inMatrices: Target = {
	name: "gradients in several matrices",
	prepare({ problem: { roundedFrom, ...problem } }, random) {
		const some = matrixNames.filter(() => random.integer(0, 2) > 0);
		const wrt = random.integer(0, 2) === 0 ? (["Y"] as const) : some;
		const degree = random.integer(1, random.integer(0, 3) > 0 ? 4 : 9);
		return {
			options: { degree, wrt },
			async run(runtime) {
				const { gradients, bounds } = await polynomialProblemGradients(problem, wrt, { degree }, runtime);
				const truth = truthInMatrices(problem);
				let worst = { bound: Number.POSITIVE_INFINITY, error: Number.NaN, share: -1 };
				for (const name of wrt) {
					const [gradient, bound = Number.POSITIVE_INFINITY] = [gradients[name], bounds[name]];
					if (!gradient || bound === Number.POSITIVE_INFINITY) continue;
					const error = truth[name].distanceTo(gradient);
					const share = error === 0 ? 0 : error <= bound ? error / bound : Number.POSITIVE_INFINITY;
					if (share > worst.share) worst = { bound, error, share };
				}
				const { share, ...claim } = worst;
				return { kind: share < 0 ? "none" : "a-posteriori", ...claim };
			},
		};
	},
};

/** Every gradient of a problem from the definition, in whole numbers. */
function truthInMatrices(problem: AttentionProblem): Record<MatrixName, ExactMatrix> {
	const exact = (name: MatrixName): ExactMatrix => ExactMatrix.of(problem[name]);
	const [A1, A3, X, Y, E] = [exact("A1"), exact("A3"), exact("X"), exact("Y"), exact("E")];
	const operands = { Q: A1.times(X), K: exact("A2"), V: A3.times(Y), scale: problem.scale };
	const forward = exactOutput(operands);
	const { dQ, dK, dV } = exactBackward(operands, forward, forward.output.minus(E));
	return {
		...{ X: A1.transposed().times(dQ), Y: A3.transposed().times(dV), A1: dQ.times(X.transposed()), A2: dK },
		...{ A3: dV.times(Y.transposed()), E: E.minus(forward.output) },
	};
}
