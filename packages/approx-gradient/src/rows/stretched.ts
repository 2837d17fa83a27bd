import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Dtype, Matrix, Numbers, RowSource } from "@attgrad/matrix-core";
import { subProblem } from "./sub-problem.ts";

/** Rows that follow one another in a sample of a long problem: rows that are made or read in blocks are slow to reach one by one. */
const RUN = 64;

/** Rows up to which those of a sample are spread one by one. */
const SPREAD = 2 ** 20;

/**
 * A problem of as many rows that has only `rows` different ones of them, each as often: for predictions of a long problem from a few of its rows, in
 * runs at places spread evenly. A pass over all its rows would tell no more than one over the sample.
 */
export interface StretchedProblem {
	/** The rows of the sample. */
	readonly sample: AttentionProblem;
	/** These, as often as the problem is longer. */
	readonly problem: AttentionProblem<RowSource>;
}

/** Reads a sample of at most so many rows. */
export function stretchedProblem(problem: AttentionProblem<RowSource>, rows: number): StretchedProblem {
	const { n } = problem;
	const sample = subProblem(problem, rows, n > SPREAD ? RUN : 1);
	const stretch = (matrix: Matrix): RowSource => new StretchedRows(matrix, n);
	const stretched = {
		A1: stretch(sample.A1),
		A2: stretch(sample.A2),
		A3: stretch(sample.A3),
		E: stretch(sample.E),
	};
	return { sample, problem: { ...problem, ...stretched } };
}

/** The rows of a matrix, each as often as makes so many. */
class StretchedRows implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype: Dtype;
	readonly #matrix: Matrix;

	constructor(matrix: Matrix, rows: number) {
		this.rows = rows;
		this.cols = matrix.cols;
		this.dtype = matrix.dtype;
		this.#matrix = matrix;
	}

	readRows(from: number, to: number, target: Numbers): void {
		for (let row = from; row < to; row++) {
			const at = Math.floor((row * this.#matrix.rows) / this.rows);
			target.set(this.#matrix.row(at), (row - from) * this.cols);
		}
	}
}
