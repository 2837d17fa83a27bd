import { type Dtype, Matrix, maxAbs, unitRoundoff } from "@attgrad/matrix-core";
import type { AttentionProblem } from "../problem/problem.ts";

/** The gradient from its definition in double precision, and how far from it an exact method may come by rounding alone. */
export interface RowGradient {
	/** dL/dX, d x d. */
	readonly gradient: Matrix;
	readonly loss: number;
	/**
	 * First order in u, coarse but never too small: what rounding changes in a gradient and a loss that are computed in a number
	 * type, by any order of the sums and about any key near zero. Keys without weight do not count, however far they are.
	 */
	rounding(dtype: Dtype): { readonly gradient: number; readonly loss: number };
}

/**
 * The gradient row by row as Definitions 3.2 to 3.7 have it: scores of the keys as they are given, less the row's largest,
 * weights, output, residual. No centring, no blocks, no code of an algorithm: what the gate of sweeps and the contract of
 * algorithms compare with where `truthOf` takes too long. O(n² d) time, O(n d) memory.
 */
export function gradientByRows(problem: AttentionProblem): RowGradient {
	const { n, d, A1, scale } = problem;
	const [values, valueSizes] = [product(problem.A3, problem.Y), product(problem.A3, problem.Y, Math.abs)];
	const [queries, querySizes] = [product(A1, problem.X), product(A1, problem.X, Math.abs)];
	const [gradient, roundings] = [Matrix.zeros(d, d), Matrix.zeros(d, d)];
	let [loss, lossRounding] = [0, 0];
	for (let j = 0; j < n; j++) {
		const row = gradientOfRow(problem, j, {
			query: queries.row(j),
			querySize: querySizes.row(j),
			values,
			valueSizes,
		});
		loss += row.loss;
		lossRounding += row.lossRounding;
		for (let a = 0; a < d; a++)
			for (let b = 0; b < d; b++) {
				gradient.data[a * d + b] += scale * A1.at(j, a) * row.gradient[b];
				roundings.data[a * d + b] += scale * Math.abs(A1.at(j, a)) * row.rounding[b];
			}
	}
	const most = maxAbs(roundings);
	const tiny = lostBelow(problem, valueSizes);
	return {
		gradient,
		loss,
		rounding(dtype) {
			const u = unitRoundoff(dtype);
			const lost = tiny * (dtype === "f64" ? 2 ** -1022 : 2 ** -126);
			return { gradient: u * most + lost, loss: u * lossRounding + lost };
		},
	};
}

/** A · B, or the product of the sizes of their entries. */
function product(A: Matrix, B: Matrix, of: (x: number) => number = (x) => x): Matrix {
	return Matrix.build(A.rows, B.cols, (i, j) => {
		let sum = 0;
		for (let k = 0; k < A.cols; k++) sum += of(A.at(i, k)) * of(B.at(k, j));
		return sum;
	});
}

/** Largest products that something below the normal range may meet. */
function lostBelow({ n, d, A1, A2, E, scale }: AttentionProblem, valueSizes: Matrix): number {
	const largest = (M: Matrix): number => Math.max(1, maxAbs(M));
	const H = largest(valueSizes);
	return 16 * (n * d) ** 2 * (1 + scale) * largest(A1) * largest(A2) * H * (H + largest(E));
}

interface RowInput {
	readonly query: ArrayLike<number>;
	readonly querySize: ArrayLike<number>;
	readonly values: Matrix;
	readonly valueSizes: Matrix;
}

/** Row j: Ĝ_j, and what rounding makes of it in units of u, with sizes beside numbers all the way. */
function gradientOfRow(problem: AttentionProblem, j: number, { query, querySize, values, valueSizes }: RowInput) {
	const { n, d, A2, E } = problem;
	const { weights, errors } = softmax(problem, query, querySize);
	const [residual, size, error] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
	let [loss, lossRounding] = [0, 0];
	for (let i = 0; i < d; i++) {
		let [output, sizes, moved] = [0, 0, 0];
		for (let l = 0; l < n; l++) {
			output += weights[l] * values.at(l, i);
			sizes += weights[l] * valueSizes.at(l, i);
			moved += errors[l] * valueSizes.at(l, i);
		}
		residual[i] = output - E.at(j, i);
		size[i] = sizes + Math.abs(E.at(j, i));
		error[i] = moved + (n + 2 * d + 4) * size[i];
		loss += residual[i] ** 2 / 2;
		lossRounding += 4 * size[i] * error[i];
	}
	const [y, ySize, yError] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
	let [mean, meanSize, meanError] = [0, 0, 0];
	for (let l = 0; l < n; l++) {
		for (let i = 0; i < d; i++) {
			y[l] += residual[i] * values.at(l, i);
			ySize[l] += size[i] * valueSizes.at(l, i);
			yError[l] += error[i] * valueSizes.at(l, i);
		}
		yError[l] += (4 * d + 8) * ySize[l];
		mean += weights[l] * y[l];
		meanSize += weights[l] * ySize[l];
		meanError += errors[l] * ySize[l] + weights[l] * yError[l];
	}
	meanError += (n + 4) * meanSize;
	const [gradient, rounding] = [new Float64Array(d), new Float64Array(d)];
	for (let l = 0; l < n; l++) {
		const score = weights[l] * (y[l] - mean);
		const sizes = ySize[l] + meanSize;
		const off = errors[l] * sizes + weights[l] * (yError[l] + meanError + (2 * n + 16) * sizes);
		for (let b = 0; b < d; b++) {
			gradient[b] += score * A2.at(l, b);
			// A method may take all keys about one near zero.
			rounding[b] += 2 * off * Math.abs(A2.at(l, b));
		}
	}
	return { gradient, rounding, loss, lossRounding };
}

/** Softmax weights of a row, and how far each is off in units of u. */
function softmax({ n, d, A2, scale }: AttentionProblem, query: ArrayLike<number>, querySize: ArrayLike<number>) {
	const [weights, errors] = [new Float64Array(n), new Float64Array(n)];
	let largest = Number.NEGATIVE_INFINITY;
	for (let l = 0; l < n; l++) {
		let [score, size] = [0, 0];
		for (let b = 0; b < d; b++) {
			score += query[b] * A2.at(l, b);
			size += querySize[b] * Math.abs(A2.at(l, b));
		}
		weights[l] = scale * score;
		errors[l] = 4 * (2 * d + 4) * scale * size + 16;
		largest = Math.max(largest, weights[l]);
	}
	let [sum, top] = [0, 0];
	for (let l = 0; l < n; l++) {
		const below = weights[l] - largest;
		weights[l] = Math.exp(below);
		errors[l] = weightError(weights[l], below, errors[l]);
		sum += weights[l];
		top += errors[l];
	}
	for (let l = 0; l < n; l++) {
		weights[l] /= sum;
		errors[l] = errors[l] / sum + weights[l] * (top / sum + n + 4);
	}
	return { weights, errors };
}

/** How far e^below may be off in units of u, where `below` is by so many: for any u down to that of single precision. */
function weightError(weight: number, below: number, scoreError: number): number {
	const single = scoreError * unitRoundoff("f32");
	if (single < 1 / 16) return 2 * scoreError * weight;
	// Far below the largest it stays without weight; where its score is not known to be far below, nothing is known.
	return single <= -below / 2 ? scoreError * Math.exp(below / 2) : Math.max(scoreError, 1 / unitRoundoff("f32"));
}
