import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { drawRows } from "../rows/draw-rows.ts";
import { type QueryBlock, queryBlockAt } from "../rows/row-blocks.ts";
import { spansOf } from "../rows/spans.ts";
import { exactRows } from "./exact-rows.ts";

/** Rows that are evaluated exactly: the standard error falls like their square root. */
const SAMPLE_ROWS = 64;

/** Standard errors that are added to the estimate. */
const STANDARD_ERRORS = 3;

/** Distinct rows, uniform among all, in order: as many as the estimate takes. */
export const sampleRows = (n: number, seed: number): number[] => drawRows(n, SAMPLE_ROWS, seed, "sampled rows");

/**
 * An estimate of the error, not a proof (paper.md 7.6): the sampled rows' error, scaled up, estimates g̃ − g without bias;
 * `bound` is the largest |estimate| plus three of its standard errors. O(nd) a sampled row.
 * @param rows rows from `sampleRows`
 * @param approximate their Ĝ by the approximation
 * @param radius reported with the estimate, which says nothing of single exponentials
 */
export function sampledError(
	algorithm: string,
	problem: AttentionProblem<RowSource>,
	rows: readonly number[],
	approximate: Matrix,
	radius: number,
): Certificate {
	const { n, d, scale } = problem;
	const m = rows.length;
	const block = queryBlockAt(problem, rows);
	const { queryGradients } = exactRows(algorithm, problem, block, spansOf(problem));
	let bound = 0;
	for (let a = 0; a < d; a++)
		for (let b = 0; b < d; b++) {
			const terms = rows.map((_, j) => block.inputs.at(j, a) * (approximate.at(j, b) - queryGradients.at(j, b)));
			const mean = terms.reduce((sum, x) => sum + x, 0) / m;
			const variance = terms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, m - 1);
			const standardError = n * Math.sqrt((variance * (1 - m / n)) / m);
			bound = Math.max(bound, scale * (n * Math.abs(mean) + STANDARD_ERRORS * standardError));
		}
	return { kind: "estimate", bound, radius, relativeError: Number.POSITIVE_INFINITY, floatFloor: 0 };
}

/** Ĝ of some rows that are wanted beside the gradient. */
export class SampledRows {
	readonly #place: ReadonlyMap<number, number>;
	/** In the order of the sample, one row each. */
	readonly rows: Matrix;

	/** @param sample numbers of the rows in the problem */
	constructor(sample: readonly number[], d: number) {
		this.#place = new Map(sample.map((row, at) => [row, at]));
		this.rows = Matrix.zeros(sample.length, d);
	}

	/** Keeps the rows of a block that are in the sample. */
	add(block: QueryBlock, queryGradients: Matrix): void {
		block.indices.forEach((row, j) => {
			const place = this.#place.get(row);
			if (place !== undefined) this.rows.row(place).set(queryGradients.row(j));
		});
	}
}
