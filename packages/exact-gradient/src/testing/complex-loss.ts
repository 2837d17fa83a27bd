import { type AttentionProblem, type MatrixName, matrixNames } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { type Complex, exponential, inner, minus, over, real, times, total } from "./complex.ts";

/** Size of the step: its square vanishes beside 1, so that Im F(x + i·step)/step is F'(x) to full accuracy. */
export const step = 1e-30;

/** Which entry of which matrix takes the imaginary step. */
export interface Direction {
	readonly matrix: MatrixName;
	readonly row: number;
	readonly col: number;
}

/** The paper's objects of row j0, with complex entries. */
export interface ComplexRow {
	readonly scores: Complex[];
	readonly u: Complex[];
	readonly alpha: Complex;
	readonly f: Complex[];
	/** <f, h_{·i}> for each i. */
	readonly output: Complex[];
	readonly c: Complex[];
	readonly entryLosses: Complex[];
}

/**
 * Definitions 3.2 to 3.7, straight from the text, at a point one step into the imaginary direction. No maximum is
 * subtracted, so scores must stay below 700.
 */
export function complexRows(problem: AttentionProblem, direction: Direction): ComplexRow[] {
	const at = {} as Record<MatrixName, Complex[][]>;
	for (const name of matrixNames) at[name] = problem[name].toRows().map((row) => row.map(real));
	const moved = at[direction.matrix][direction.row];
	moved[direction.col] = { re: moved[direction.col].re, im: step };

	const columns = (A: Complex[][]) => A[0].map((_, i) => A.map((row) => row[i]));
	const product = (A: Complex[][], B: Complex[][]) => A.map((row) => columns(B).map((column) => inner(row, column)));
	const queries = product(at.A1, at.X);
	const h = product(at.A3, at.Y);
	return queries.map((query, j0) => {
		const scores = at.A2.map((key) => times(real(problem.scale), inner(query, key)));
		const u = scores.map(exponential);
		const alpha = total(u);
		const f = u.map((entry) => over(entry, alpha));
		const output = columns(h).map((column) => inner(f, column));
		const c = output.map((entry, i) => minus(entry, at.E[j0][i]));
		const entryLosses = c.map((entry) => times(real(0.5), times(entry, entry)));
		return { scores, u, alpha, f, output, c, entryLosses };
	});
}

/** dL in one direction, by a complex step. */
export function complexStepDerivative(problem: AttentionProblem, direction: Direction): number {
	return total(complexRows(problem, direction).flatMap(({ entryLosses }) => entryLosses)).im / step;
}

/** dL/dM for a whole matrix M of the problem, by complex steps. */
export function complexStepGradient(problem: AttentionProblem, matrix: MatrixName): Matrix {
	const { rows, cols } = problem[matrix];
	return Matrix.build(rows, cols, (row, col) => complexStepDerivative(problem, { matrix, row, col }));
}
