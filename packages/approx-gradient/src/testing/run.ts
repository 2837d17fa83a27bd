import type { AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { createRuntime, type Matrix, type Numbers, type RowSource } from "@attgrad/matrix-core";
import { polynomial } from "../polynomial/polynomial.ts";

const runtime = await createRuntime({ kernel: "js" });

/** The gradient by the algorithm `polynomial` with the given options. */
export function run(
	problem: AttentionProblem<RowSource>,
	options: Parameters<typeof polynomial.options.parse>[0] = {},
): Promise<GradientResult> {
	return polynomial.run(problem, polynomial.options.parse(options), runtime);
}

/** Rows that are not a `Matrix`, so that nothing can look at them but through `readRows`. */
function hidden(matrix: Matrix): RowSource {
	const { rows, cols, dtype } = matrix;
	return {
		rows,
		cols,
		dtype,
		readRows: (from: number, to: number, target: Numbers) => matrix.readRows(from, to, target),
	};
}

/** The problem with its rows out of sight, as those of a file are. */
export const outOfCore = (problem: AttentionProblem): AttentionProblem<RowSource> => ({
	...problem,
	A1: hidden(problem.A1),
	A2: hidden(problem.A2),
	A3: hidden(problem.A3),
	E: hidden(problem.E),
});
