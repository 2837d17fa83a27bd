import { Matrix, multiply } from "@attgrad/matrix-core";
import {
	bounded,
	expUp,
	LEAST_NORMAL,
	plus,
	Quantity,
	RelativeRounding,
	rootUp,
	times,
} from "../../error-bound/index.ts";
import type { EntryErrors, FeatureMap } from "../feature-map.ts";
import { type KernelScale, scaledKeys, scaledQueryRows, squaredNorms } from "../kernel-scale.ts";
import { diagonalRaise, rowsAt } from "../residual-forms.ts";
import { solveLower, solveUpper } from "./triangular.ts";

/** The pivots that a Nyström map is made of. */
export interface NystromPivots {
	readonly scale: KernelScale;
	/** Pivot keys in kernel coordinates y, K x d. */
	readonly points: Matrix;
	/** Cholesky factor of the pivots' kernel matrix e^(<y, y'> − M), K x K, lower triangular. */
	readonly factor: Matrix;
}

/**
 * The Nyström approximation of e^<q, k> by the kernel functions of K pivot keys (paper.md 8.2): with F_p the pivots' factor,
 * ψ(k) = F_p⁻¹ (e^(<y_s, y> − M))_s and φ(q) = F_p⁻¹ (e^(<x, y_s> − (‖x‖² + M)/2))_s. Both are orthogonal projections of
 * vectors of length <= 1 in the kernel's Hilbert space, so nothing overflows. 2K² flops a row, as many for its error bound.
 */
export function nystromMap(pivots: NystromPivots): FeatureMap {
	const { scale, points, factor } = pivots;
	const M = scale.largest;
	const { rows: rank, cols: d } = points;
	const pivotKeys = Matrix.build(rank, d, (s, b) => points.at(s, b) / scale.t);
	const queryKernel = (queries: Matrix): Matrix => {
		const rows = scaledQueryRows(queries, scale);
		const squares = squaredNorms(rows);
		return kernelRows(rows, points, (j) => (squares[j] + M) / 2);
	};
	return {
		rank,
		keyFeatures(keys) {
			const features = kernelRows(scaledKeys(keys, scale), points, () => M);
			solveLower(factor, features);
			return features;
		},
		queryFeatures(queries) {
			const features = queryKernel(queries);
			solveLower(factor, features);
			return features;
		},
		pullBack(queries, _, cotangents) {
			const weights = cotangents.copy();
			solveUpper(factor, weights);
			const kernel = queryKernel(queries);
			for (let at = 0; at < kernel.data.length; at++) kernel.data[at] *= weights.data[at];
			return multiply(kernel, pivotKeys);
		},
		error: entryErrors(pivots),
	};
}

/** Rows e^(<z, y_s> − shift_j) of the kernel with the pivots y_s. */
function kernelRows(rows: Matrix, points: Matrix, shift: (j: number) => number): Matrix {
	const entries = multiply(rows, points, { transposeB: true });
	for (let j = 0, at = 0; j < rows.rows; j++) {
		const less = shift(j);
		for (let s = 0; s < points.rows; s++, at++) entries.data[at] = Math.exp(entries.data[at] - less);
	}
	return entries;
}

/** The residuals of both projections, whose products bound the error of an entry. */
function entryErrors({ scale, points, factor }: NystromPivots): EntryErrors {
	const M = scale.largest;
	const { rows: rank, cols: d } = points;
	const pivotLengths = squaredNorms(points).map((square) => expUp((square - M) / 2));
	/** Roundings of an entry of the kernel matrix and of its elimination, relative to √(diagonal · diagonal). */
	const scores = Quantity.sumOfProducts(times(2, Math.max(M, scale.radius)), d + 8);
	const unit = RelativeRounding.exponential(scores)
		.and(RelativeRounding.roundings(rank + 6))
		.repeated(4).bound;
	/**
	 * Residuals, and 3 unit λ² with what underflow loses, λ = √diagonal + Σ_s |w_s| √diagonal_s with the interpolation weights w = F_p⁻ᵀ feature.
	 * The elimination is exact for a kernel matrix that is off by `unit`; for it the error is v_jᵀ H v_l with v = e − w, and
	 * |v_jᵀ E v_l| <= unit λ_j λ_l (paper.md 8.2 with roundings counted instead of guessed).
	 */
	const residualsOf = (features: Matrix, diagonal: (j: number) => number): Residuals => {
		const weights = features.copy();
		solveUpper(factor, weights);
		const made = { residual: new Float64Array(features.rows), rounding: new Float64Array(features.rows) };
		for (let j = 0; j < features.rows; j++) {
			const length = diagonal(j);
			let lambda = rootUp(length);
			let [residual, absolute] = [length, 1];
			for (let s = 0; s < rank; s++) {
				const size = Math.abs(weights.at(j, s));
				absolute = plus(absolute, size);
				lambda = plus(lambda, times(size, pivotLengths[s]));
				residual -= features.at(j, s) ** 2;
			}
			// Exponentials and products below the normal range are off by the least normal number each.
			const lost = times(8 * (rank + 4) * LEAST_NORMAL, times(absolute, absolute));
			made.residual[j] = Math.max(0, bounded(residual));
			made.rounding[j] = plus(times(3 * unit, times(lambda, lambda)), lost);
		}
		return made;
	};
	const lengthsOf = ({ residual, rounding }: Residuals): Float64Array =>
		residual.map((square, j) => rootUp(plus(square, rounding[j])));
	const diagonalOf = (keys: Matrix) => {
		const squares = squaredNorms(scaledKeys(keys, scale));
		return (l: number) => Math.exp(squares[l] - M);
	};
	return {
		kind: "product",
		radius: scale.radius,
		// Residuals have the roundings of the features and of the elimination.
		rounding: RelativeRounding.none,
		relative: RelativeRounding.none,
		underflow: { query: 0, key: 0 },
		span: 0,
		frame: 1,
		keys: (keys, features) => lengthsOf(residualsOf(features, diagonalOf(keys))),
		queries: (_, features) => lengthsOf(residualsOf(features, () => 1)),
		residual(keys, features) {
			const { rounding } = residualsOf(features, diagonalOf(keys));
			const rows = scaledKeys(keys, scale);
			// Entries of the residual matrix are off by at most the product of the roots of these.
			return async (members) => {
				const [own, ownFeatures] = [rowsAt(rows, members), rowsAt(features, members)];
				const matrix = kernelRows(own, own, () => M);
				const projected = multiply(ownFeatures, ownFeatures, { transposeB: true });
				for (let at = 0; at < matrix.data.length; at++) matrix.data[at] -= projected.data[at];
				const [count, { data }] = [members.length, matrix];
				const raise = diagonalRaise(
					Float64Array.from(members, (l) => rootUp(rounding[l])),
					Float64Array.from(members, (_, i) => Math.abs(data[i * (count + 1)])),
				);
				for (let i = 0; i < count; i++) data[i * (count + 1)] += raise[i];
				return { matrix, raised: raise.reduce(plus, 0) };
			};
		},
	};
}

/** Squares of what features leave of rows, as computed, and of what that is off by. */
interface Residuals {
	readonly residual: Float64Array;
	readonly rounding: Float64Array;
}
