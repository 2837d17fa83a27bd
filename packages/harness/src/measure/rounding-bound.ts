import { type AttentionProblem, values } from "@attgrad/attention-problem";
import { type Dtype, Matrix, maxAbs, multiply, rowSums, unitRoundoff } from "@attgrad/matrix-core";

/**
 * Bounds on what rounding alone may change in a gradient (max |g~ − g|) and a loss that are computed by any of the
 * exact methods of paper.md section 4 in `dtype`. First order in u: a scale for tests, coarse but never too small.
 *
 * With M ≥ Σ|A1||X||A2|·scale, a score is off by at most (2d + 4)uM, its exponential after the row shift by twice that
 * plus a few u, the row sum by nu; section 7.1 carries this relative error of the weights to the gradient. Sums over n
 * and d in the remaining products add (n + 2d)u of their largest terms. Cost O(nd²).
 */
export function roundingBound(problem: AttentionProblem, dtype: Dtype): { gradient: number; loss: number } {
	const { n, d, A1, A2, A3, E, X, Y, scale } = problem;
	const u = unitRoundoff(dtype);
	const keys = maxAbs(A2);
	const M = scale * keys * rowSums(multiply(absolute(A1), absolute(X))).reduce((a, b) => Math.max(a, b));
	const H = maxAbs(multiply(absolute(A3), absolute(Y)));
	const e = maxAbs(E);
	const relative = u * (4 * (2 * d + 4) * M + 4 * n + 8 * d + 32);
	return {
		gradient: relative * scale * d * n * maxAbs(A1) * keys * H * (4 * H + 3 * e),
		loss: relative * n * d * H * (H + e) + relative * n * d * (maxAbs(values(problem)) + e) ** 2,
	};
}

function absolute(A: Matrix): Matrix {
	return new Matrix(A.rows, A.cols, A.data.map(Math.abs) as Matrix["data"]);
}
