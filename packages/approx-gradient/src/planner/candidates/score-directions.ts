import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource } from "@attgrad/matrix-core";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
import { subProblem } from "../../rows/sub-problem.ts";

/** Rows of the sample. */
const ROWS = 256;

/**
 * About how many directions scores spread over, from 1 to d, on a sample of rows: (Σλ)² / Σλ² of the eigenvalues λ of the product of the
 * covariances of queries and keys, which are the variances of the scores along each direction. A millisecond, whatever n is.
 */
export function scoreDirections(problem: AttentionProblem<RowSource>): number {
	const { d } = problem;
	const sample = subProblem(problem, ROWS);
	const [queries, keys] = [new Covariance(d), new Covariance(d)];
	for (const { count, queries: rows } of queryBlocks(sample, ROWS, "inputs")) queries.add(rows.data, count);
	for (const { count, keys: rows } of keyBlocks(sample, ROWS)) keys.add(rows.data, count);
	const product = multiply(queries.matrix(), keys.matrix());
	let [trace, squares] = [0, 0];
	for (let a = 0; a < d; a++) {
		trace += product.at(a, a);
		for (let b = 0; b < d; b++) squares += product.at(a, b) * product.at(b, a);
	}
	const directions = trace ** 2 / squares;
	return Number.isFinite(directions) ? Math.min(d, Math.max(1, directions)) : d;
}

/** The covariance of rows that are added, of coordinates of about the size of the largest one: its scale is left out. */
class Covariance {
	readonly #rows: Float64Array[] = [];
	readonly #d: number;

	constructor(d: number) {
		this.#d = d;
	}

	add(data: ArrayLike<number>, count: number): void {
		for (let j = 0; j < count; j++)
			this.#rows.push(Float64Array.from({ length: this.#d }, (_, a) => data[j * this.#d + a]));
	}

	matrix(): Matrix {
		const [d, rows] = [this.#d, this.#rows];
		const largest = rows.reduce((most, row) => row.reduce((size, x) => Math.max(size, Math.abs(x)), most), 0);
		const unit = largest > 0 ? 1 / largest : 1;
		const mean = new Float64Array(d);
		for (const row of rows) for (let a = 0; a < d; a++) mean[a] += (row[a] * unit) / rows.length;
		return Matrix.build(d, d, (a, b) =>
			rows.reduce((sum, row) => sum + (row[a] * unit - mean[a]) * (row[b] * unit - mean[b]), 0),
		);
	}
}
