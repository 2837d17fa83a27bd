import { Matrix } from "@attgrad/matrix-core";
import type { HeadRows } from "../head.ts";

/** softmax(scale · Q Kᵀ), by its definition. */
export function softmaxOf({ Q, K, scale }: HeadRows): Matrix {
	const F = Matrix.zeros(Q.rows, K.rows);
	for (let j = 0; j < Q.rows; j++) {
		const [query, row] = [Q.row(j), F.row(j)];
		let [top, D] = [Number.NEGATIVE_INFINITY, 0];
		for (let l = 0; l < K.rows; l++) {
			const key = K.row(l);
			let sum = 0;
			for (let b = 0; b < Q.cols; b++) sum += query[b] * key[b];
			row[l] = scale * sum;
			top = Math.max(top, row[l]);
		}
		for (let l = 0; l < K.rows; l++) D += row[l] = Math.exp(row[l] - top);
		for (let l = 0; l < K.rows; l++) row[l] /= D;
	}
	return F;
}

/** Rows this much shorter than all of the matrix are its rounding; they are not turned further. */
const ROUNDING = 1e-14;

/**
 * Singular values, largest first, and right singular vectors, by one-sided Jacobi rotations of the rows: nothing that `locate` uses.
 * O(n³) a sweep.
 */
export function jacobiSvd(A: Matrix): { readonly values: number[]; readonly vectors: Float64Array[] } {
	const rows = Array.from({ length: A.rows }, (_, j) => Float64Array.from(A.row(j)));
	const dot = (x: Float64Array, y: Float64Array): number => {
		let sum = 0;
		for (let l = 0; l < x.length; l++) sum += x[l] * y[l];
		return sum;
	};
	const total = rows.reduce((sum, x) => sum + dot(x, x), 0);
	for (let sweep = 0, largest = 1; sweep < 30 && largest > 1e-13; sweep++) {
		largest = 0;
		rows.sort((x, y) => dot(y, y) - dot(x, x));
		const squares = Float64Array.from(rows, (x) => dot(x, x));
		for (let p = 0; p < rows.length; p++)
			for (let q = p + 1; q < rows.length; q++) {
				const [xx, yy] = [squares[p], squares[q]];
				if (Math.min(xx, yy) <= ROUNDING ** 2 * total) continue;
				const [x, y] = [rows[p], rows[q]];
				const xy = dot(x, y);
				const cosine = Math.abs(xy) / Math.sqrt(xx * yy);
				if (cosine <= 1e-15) continue;
				largest = Math.max(largest, cosine);
				const theta = (yy - xx) / (2 * xy);
				const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
				const c = 1 / Math.hypot(t, 1);
				const s = t * c;
				for (let l = 0; l < x.length; l++) {
					const [a, b] = [x[l], y[l]];
					x[l] = c * a - s * b;
					y[l] = s * a + c * b;
				}
				[squares[p], squares[q]] = [xx - t * xy, yy + t * xy];
			}
	}
	const sorted = rows.map((row) => ({ row, value: Math.sqrt(dot(row, row)) })).sort((a, b) => b.value - a.value);
	return {
		values: sorted.map(({ value }) => value),
		vectors: sorted.map(({ row, value }) => (value > 0 ? row.map((x) => x / value) : row)),
	};
}

/** The least rank that there is by Eckart and Young. */
export function leastOf(values: readonly number[], delta: number): number {
	const total = values.reduce((sum, x) => sum + x * x, 0);
	let tail = 0;
	for (let r = values.length; r > 0; r--) if ((tail += values[r - 1] ** 2) > delta * delta * total) return r;
	return 0;
}

/** The relative error ‖G − F‖_F / ‖F‖_F of each rank r = 0, 1, …, of matrices G of that rank. */
export type ErrorsByRank = readonly number[];

/**
 * Errors of the truncated singular value decompositions F W Wᵀ, W the first r right singular vectors: F with one direction after the other
 * taken out. They are errors of matrices of rank r however well W is known.
 */
export function truncatedErrors(F: Matrix): ErrorsByRank {
	const rest = F.copy();
	const size = norm(F.data);
	const errors = [1];
	for (const w of jacobiSvd(F).vectors) {
		for (let j = 0; j < rest.rows; j++) {
			const row = rest.row(j);
			let part = 0;
			for (let l = 0; l < w.length; l++) part += row[l] * w[l];
			for (let l = 0; l < w.length; l++) row[l] -= part * w[l];
		}
		errors.push(norm(rest.data) / size);
	}
	return errors;
}

/** Errors of the rows of Φ_r Ψ_rᵀ over their sums, Φ_r and Ψ_r the first r columns; Infinity where a sum is not positive. */
export function factoredErrors(F: Matrix, Phi: Matrix, Psi: Matrix): ErrorsByRank {
	const product = Matrix.zeros(F.rows, F.cols);
	const errors = [1];
	const column = new Float64Array(Psi.rows);
	for (let r = 0; r < Phi.cols; r++) {
		for (let l = 0; l < Psi.rows; l++) column[l] = Psi.at(l, r);
		for (let j = 0; j < F.rows; j++) {
			const [row, phi] = [product.row(j), Phi.at(j, r)];
			for (let l = 0; l < column.length; l++) row[l] += phi * column[l];
		}
		errors.push(rowwiseError(F, product));
	}
	return errors;
}

/** The error of A with each row over its sum. */
function rowwiseError(F: Matrix, A: Matrix): number {
	const sums = Array.from({ length: A.rows }, (_, j) => [...A.row(j)].reduce((sum, x) => sum + x, 0));
	if (!sums.every((sum) => sum > 0)) return Number.POSITIVE_INFINITY;
	const rest = Matrix.build(F.rows, F.cols, (j, l) => A.at(j, l) / sums[j] - F.at(j, l));
	return norm(rest.data) / norm(F.data);
}

/**
 * Errors of polynomials of the scores about the mean key: interpolation at Chebyshev nodes of the scores' own range. That of degree g
 * has rank at most C(d + g, g), where it stands here.
 */
export function polynomialErrorsOf(F: Matrix, { Q, K, scale }: HeadRows, mostRank: number): Map<number, number> {
	const d = Q.cols;
	const mean = Float64Array.from({ length: d }, (_, b) => {
		let sum = 0;
		for (let l = 0; l < K.rows; l++) sum += K.at(l, b);
		return sum / K.rows;
	});
	const scores = Matrix.build(Q.rows, K.rows, (j, l) => {
		let sum = 0;
		for (let b = 0; b < d; b++) sum += Q.at(j, b) * (K.at(l, b) - mean[b]);
		return scale * sum;
	});
	let radius = 0;
	for (const score of scores.data) radius = Math.max(radius, Math.abs(score));
	const errors = new Map<number, number>();
	// Far scores have exponentials beyond double precision, and no polynomial of a degree that is tried here.
	if (!(radius > 0 && radius < 100)) return errors;
	for (let g = 0, rank = 1; rank <= mostRank; g++, rank = (rank * (d + g)) / g) {
		const nodes = Array.from({ length: g + 1 }, (_, i) => radius * Math.cos((Math.PI * (2 * i + 1)) / (2 * g + 2)));
		const slopes = nodes.map(Math.exp);
		for (let k = 1; k <= g; k++)
			for (let i = g; i >= k; i--) slopes[i] = (slopes[i] - slopes[i - 1]) / (nodes[i] - nodes[i - k]);
		const values = Matrix.build(F.rows, F.cols, (j, l) => {
			let value = slopes[g];
			for (let i = g - 1; i >= 0; i--) value = value * (scores.at(j, l) - nodes[i]) + slopes[i];
			return value;
		});
		errors.set(Math.round(rank), rowwiseError(F, values));
	}
	return errors;
}

const norm = (numbers: ArrayLike<number>): number => {
	let squares = 0;
	for (let at = 0; at < numbers.length; at++) squares += numbers[at] ** 2;
	return Math.sqrt(squares);
};
