import { Matrix, multiplyOn, type Numbers, productRowsOn, type Runtime } from "@attgrad/matrix-core";
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
		let squares = 0;
		await productRowsOn(runtime, columns(queries), columns(keys), { transposeB: true }, (more, j) => {
			const row = sums.row(j);
			for (let l = 0; l < row.length; l++) row[l] += more[l];
			squares += squaredDistance(F.row(j), row);
		});
		before = rank;
		made.push({ rank, error: Math.sqrt(squares) });
	}
	return made;
}

/** ‖row / Σ row − exact‖², in sums that do not wait for each other; Infinity where the sum is not > 0. */
function squaredDistance(exact: Numbers, row: Numbers): number {
	const { length } = row;
	const even = length - (length % 2);
	let a = 0;
	let b = 0;
	for (let l = 0; l < even; l += 2) {
		a += row[l];
		b += row[l + 1];
	}
	if (even < length) a += row[even];
	if (!(a + b > 0)) return Number.POSITIVE_INFINITY;
	const share = 1 / (a + b);
	a = 0;
	b = 0;
	for (let l = 0; l < even; l += 2) {
		const first = row[l] * share - exact[l];
		const second = row[l + 1] * share - exact[l + 1];
		a += first * first;
		b += second * second;
	}
	if (even < length) a += (row[even] * share - exact[even]) ** 2;
	return a + b;
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
		const values = new Float64Array(F.cols);
		let squares = 0;
		for (let j = 0; j < F.rows; j++) {
			const row = scores.row(j);
			for (let l = 0; l < row.length; l++) {
				let value = 0;
				for (let k = coefficients.length - 1; k >= 0; k--) value = value * row[l] + coefficients[k];
				values[l] = value;
			}
			squares += squaredDistance(F.row(j), values);
		}
		made.push({ rank: countMonomials(d, degree), error: Math.sqrt(squares) });
	}
	return made;
}
