import { findAlgorithm } from "@attgrad/algorithms";
import {
	type CellContext,
	cellProblem,
	describeError,
	gradientError,
	type Measurement,
	measureCell,
} from "@attgrad/harness";
import { maxAbs } from "@attgrad/matrix-core";

/**
 * The usual measurement, with the error on the cell's own problem, however large, and max |g| as `largest` in `extra`.
 * The exact gradient is computed once more for it, on the cell's kernel, by a method that is not the one measured: O(n²d).
 */
export async function measureWithError(context: CellContext): Promise<Measurement> {
	const { cell, algorithm, runtime } = context;
	const measurement = await measureCell(context);
	const problem = cellProblem(cell);
	const { gradient } = await algorithm.run(problem, cell.options, runtime);
	const { algorithm: other } = findAlgorithm(algorithm.name === "streaming" ? "dense" : "streaming");
	const exact = await other.run(problem, other.options.parse({}), runtime);
	return {
		...measurement,
		...describeError(gradientError(gradient, exact.gradient)),
		extra: { largest: maxAbs(exact.gradient) },
	};
}
