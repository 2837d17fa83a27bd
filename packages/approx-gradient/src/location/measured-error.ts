import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { largestRadius } from "../polynomial/families/family.ts";
import { polynomialFamilies } from "../polynomial/families/index.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import type { HeadRows } from "./head.ts";
import { firstColumns, type HeadApproximation } from "./head-approximation.ts";

/** A rank and the error of the approximation of that rank, ‖F̃ − F‖_F. */
export interface RankError {
	readonly rank: number;
	readonly error: number;
}

/** ‖F̃ − F‖_F of an approximation at some ranks, in rising order, by forming F̃. O(n² K). */
export async function measuredErrors(
	F: Matrix,
	{ queries, keys }: HeadApproximation,
	ranks: readonly number[],
	runtime: Runtime,
): Promise<RankError[]> {
	const sums = Matrix.zeros(F.rows, F.cols);
	const made: RankError[] = [];
	let before = 0;
	for (const rank of ranks) {
		const columns = (rows: Matrix) => {
			const first = firstColumns(rows, rank);
			return Matrix.build(rows.rows, rank - before, (j, m) => first.at(j, before + m));
		};
		const part = await multiplyOn(runtime, columns(queries), columns(keys), { transposeB: true });
		for (let at = 0; at < part.data.length; at++) sums.data[at] += part.data[at];
		before = rank;
		made.push({ rank, error: distanceTo(F, sums) });
	}
	return made;
}

/** ‖F̃ − F‖_F where row j of F̃ is a row of A over its sum. Infinity where that is not > 0. */
function distanceTo(F: Matrix, A: Matrix): number {
	let squares = 0;
	for (let j = 0; j < F.rows; j++) {
		const [exact, row] = [F.row(j), A.row(j)];
		let D = 0;
		for (let l = 0; l < row.length; l++) D += row[l];
		if (!(D > 0)) return Number.POSITIVE_INFINITY;
		for (let l = 0; l < row.length; l++) squares += (row[l] / D - exact[l]) ** 2;
	}
	return Math.sqrt(squares);
}

/**
 * ‖F̃ − F‖_F for Chebyshev polynomials of the scores about the keys' mean, of each degree whose monomials are at most `most`; on the range that the
 * scores have, which is the best that a bound on them could be; none where that has no polynomial. O(n² degree).
 */
export async function polynomialErrors(
	F: Matrix,
	{ Q, K, scale }: HeadRows,
	most: number,
	runtime: Runtime,
): Promise<RankError[]> {
	const d = Q.cols;
	const mean = new Float64Array(d);
	for (let at = 0; at < K.data.length; at++) mean[at % d] += K.data[at] / K.rows;
	const queries = Matrix.build(Q.rows, d, (j, b) => scale * Q.at(j, b));
	const keys = Matrix.build(K.rows, d, (l, b) => K.at(l, b) - mean[b]);
	const scores = await multiplyOn(runtime, queries, keys, { transposeB: true });
	let radius = 0;
	for (const score of scores.data) radius = Math.max(radius, Math.abs(score));
	const made: RankError[] = [];
	if (!(radius <= largestRadius)) return made;
	for (let degree = 0; radius > 0 && countMonomials(d, degree) <= most; degree++) {
		const coefficients = polynomialFamilies.chebyshev.coefficients(radius, degree);
		const values = Matrix.build(F.rows, F.cols, (j, l) => {
			let value = 0;
			const score = scores.at(j, l);
			for (let k = coefficients.length - 1; k >= 0; k--) value = value * score + coefficients[k];
			return value;
		});
		made.push({ rank: countMonomials(d, degree), error: distanceTo(F, values) });
	}
	return made;
}
