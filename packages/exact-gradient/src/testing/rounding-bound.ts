import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	columnRange,
	hadamard,
	Matrix,
	mapEntries,
	maxAbs,
	multiply,
	scale,
	transpose,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { denseIntermediates } from "../dense.ts";

/** Bounds on max |computed − true|. */
export interface RoundingBound {
	readonly gradient: number;
	readonly gradientY: number;
	readonly loss: number;
}

/**
 * A bound, to first order in the roundoffs, on the error of any algorithm that keeps its n x n matrices with unit
 * roundoff `u` and sums with unit roundoff `v`, in any order.
 * Keys that an algorithm centres are to be given centred.
 * - A score is an inner product of d terms of inner products: its error is at most (u + (2d + 4) v) · S̄, S̄ the sum of
 *   the terms' sizes; 0 where the caller knows that scores are `exact`. A softmax weight so errs relatively by τ = 2 · that + 4u + (n + 4) v. The effect on the gradient is
 *   the certificate of paper.md 7.1, with the half-ranges of keys and values.
 * - All that follows the weights are sums of products: each errs relatively to the sum of its terms' sizes (a bar over a
 *   letter) by γ = 4u + (2n + 4d + 8) v altogether.
 */
export function roundingBound(
	problem: AttentionProblem,
	u: number,
	scores: "exact" | "rounded" = "rounded",
	v = unitRoundoff("f64"),
): RoundingBound {
	const { n, d, A1, A2, A3, E, X, Y, scale: factor } = problem;
	const size = (A: Matrix) => mapEntries(A.as("f64"), Math.abs);
	const { f, h, c } = denseIntermediates(problem);
	const scoreSizes = scale(multiply(multiply(size(A1), size(X)), size(A2), { transposeB: true }), factor);
	const scoreError = scores === "exact" ? 0 : (u + (2 * d + 4) * v) * maxAbs(scoreSizes);
	const weightError = Math.expm1(2 * scoreError) + 4 * u + (n + 4) * v;
	const sumError = 4 * u + (2 * n + 4 * d + 8) * v;

	const halfRanges = (A: Matrix) => {
		const { min, max } = columnRange(A);
		return Matrix.build(1, d, (_, b) => (max[b] - min[b]) / 2);
	};
	const valueRange = halfRanges(h);
	const perRow = Matrix.build(n, 1, (j) => {
		let total = 0;
		for (let i = 0; i < d; i++)
			total += valueRange.at(0, i) * ((2 + weightError) * Math.abs(c.at(j, i)) + valueRange.at(0, i));
		return total;
	});
	const fromWeights = scale(
		multiply(multiply(size(A1), perRow, { transposeA: true }), halfRanges(A2.as("f64"))),
		weightError * factor,
	);

	const hBar = multiply(size(A3), size(Y));
	const oBar = multiply(f, hBar);
	const cBar = Matrix.build(n, d, (j, i) => oBar.at(j, i) + Math.abs(E.at(j, i)));
	const means = hadamard(cBar, oBar);
	const meanOfRow = multiply(
		means,
		Matrix.build(d, 1, () => 1),
	);
	const qBar = multiply(cBar, transpose(hBar));
	const pBar = Matrix.build(n, n, (j, l) => f.at(j, l) * (qBar.at(j, l) + meanOfRow.at(j, 0)));
	const fromSums = scale(multiply(size(A1), multiply(pBar, size(A2)), { transposeA: true }), sumError * factor);

	const attendedSizes = multiply(multiply(f, size(A3)), cBar, { transposeA: true });
	let lossSizes = 0;
	for (const residual of cBar.data) lossSizes += residual * residual;
	return {
		gradient: maxAbs(fromWeights) + maxAbs(fromSums),
		gradientY: (2 * weightError + sumError) * maxAbs(attendedSizes),
		loss: (weightError + sumError) * lossSizes,
	};
}
