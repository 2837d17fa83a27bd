import { type Matrix, matrixOf, type Runtime, withMatrices } from "@attgrad/matrix-core";
import {
	bounded,
	expm1Up,
	gamma,
	LEAST_NORMAL,
	normUp,
	plus,
	RelativeRounding,
	rootUp,
	times,
} from "../../error-bound/index.ts";
import type { HybridPivots } from "./hybrid-pivots.ts";
import { kernelsOf } from "./hybrid-side.ts";

const u = 2 ** -53;

/**
 * Rounding errors: `scores` is the relative error of w e^<x, y> for coordinates as they were computed, `features` the H of a residual of length 1:
 * twice η, the rounding of features and of the sums of their squares.
 */
export async function unitError(
	pivots: HybridPivots,
	pointSquares: Float64Array,
	runtime: Runtime,
): Promise<{ readonly scores: RelativeRounding; readonly features: number }> {
	const { coordinates, points, inverse, sizes, shift } = pivots;
	const [m, d] = [points.rows, points.cols];
	const { mismatch, ofQuery, ofKey } = coordinates;
	const [F, G] = [normUp(ofQuery.data), normUp(ofKey.data)];
	const [x, y] = [times(sizes.query, F), times(sizes.key, G)];
	const longest = Math.max(x, y, Math.sqrt(pointSquares.reduce((most, square) => Math.max(most, square), 0)));
	// <x, y> is off by the mismatch of the maps and by the rounding of both coordinates, which every kernel takes part in alike.
	const scores = expm1Up(
		plus(
			plus(times(times(d, mismatch), times(sizes.query, sizes.key)), times((4 * d + 16) * u, times(x, y))),
			times(
				(4 * d + 16) * u,
				plus(times(times(2, sizes.centre), sizes.key), plus(Math.abs(shift), plus(times(x, x), times(y, y)))),
			),
		),
	);
	/** Relative error of a kernel of two points, of which these are the squared lengths: the exponent's and of the exponential. */
	const kernelError = (squares: number): number => {
		const x = times((2 * d + 16) * u, squares);
		return plus(expm1Up(x), 8 * u);
	};
	const kernel = kernelError(times(2, times(longest, longest)));
	const { kernels, off } = await gramOf(pivots, pointSquares, runtime);
	const reach = reachOf(inverse, { kernels, squares: pointSquares }, kernel, {
		ofSquares: (2 * d + 16) * u,
		beside: plus(8 * u, gamma((2 * m + 8) * u)),
	});
	const omega = times(plus(kernel, gamma((m + 4) * u)), reach.features);
	const eta = plus(off, reach.gram);
	const features = plus(times(2, eta), plus(times(8, plus(omega, times(omega, omega))), (4 * m + 64) * u));
	return { scores: RelativeRounding.proven(scores), features: bounded(features) };
}

/** Kernels κ of all pairs of pivots, and at least ‖B κ Bᵀ − 1‖_F, as computed. O(m² (K + d)). */
function gramOf(
	{ points, inverse }: HybridPivots,
	squares: Float64Array,
	runtime: Runtime,
): Promise<{ readonly kernels: Matrix; readonly off: number }> {
	return withMatrices(runtime, async (matrices) => {
		const kernels = await kernelsOf(points, squares, matrices);
		const B = matrices.place(inverse);
		const product = matrixOf(await matrices.product(await matrices.product(B, kernels), B, { transposeB: true }));
		for (let s = 0; s < product.rows; s++) product.data[s * product.cols + s] -= 1;
		return { kernels: matrixOf(kernels), off: normUp(product.data) };
	});
}

/**
 * Bounds on the effect of relative errors of kernels. Where kernels are off by δ_st κ_st, the Gram matrix of the features is off by at most |B| (δ ∘ κ) |B|ᵀ.
 * The norm of that is at most ‖b‖² max δ, b the row sums of |B|, since κ <= 1; and at most ‖B‖_F² times the largest row sum of δ ∘ κ. A feature is off by at most
 * |B| (δ ∘ κ(x)), whose length is at most max δ times ‖b‖, and times ‖B‖_F ‖κ(x)‖. ‖κ(x)‖² is at most the largest eigenvalue of κ: at most its largest row sum.
 * @param kernel at least every δ of a point with a pivot
 * @param squares ‖p_s‖²
 * @param ofSquares of a pair: δ_st <= e^x − 1 + beside, x = ofSquares · (‖p_s‖² + ‖p_t‖²)
 * @returns bounds on the norm of the Gram matrix's error, and on the length of a feature's for δ = 1
 */
function reachOf(
	inverse: Matrix,
	{ kernels, squares }: { readonly kernels: Matrix; readonly squares: Float64Array },
	kernel: number,
	{ ofSquares, beside }: { readonly ofSquares: number; readonly beside: number },
): { readonly gram: number; readonly features: number } {
	const m = kernels.rows;
	// Terms are not negative: each has a few roundings, and loses what is below the normal range.
	const ofSum = RelativeRounding.roundings(m + 8);
	const lengths = ofSum.atLeast(normUp(absoluteRowSums(inverse)));
	const frobenius = normUp(inverse.data);
	const longest = squares.reduce((most, square) => Math.max(most, square), 0);
	const x = times(ofSquares, times(2, longest));
	// e^x − 1 <= x + x² for x <= 1.
	const [isSmall, grown] = [x <= 1, plus(1, times(2, kernel))];
	const most = plus(isSmall ? times(x, plus(1, x)) : expm1Up(x), beside);
	const factor = times(ofSquares, plus(1, x));
	let [largest, off] = [0, 0];
	for (let s = 0, at = 0; s < m; s++) {
		let [sum, moved] = [0, 0];
		for (let t = 0; t < m; t++) {
			// what is below the normal range is computed as 0
			const size = kernels.data[at++] + 2 ** -1000;
			sum += size;
			moved += size * (squares[s] + squares[t]);
		}
		const all = ofSum.atLeast(bounded(sum));
		const error = isSmall ? plus(times(factor, ofSum.atLeast(bounded(moved))), times(beside, all)) : times(most, all);
		largest = Math.max(largest, times(grown, all));
		off = Math.max(off, plus(times(grown, error), times(m, LEAST_NORMAL)));
	}
	return {
		gram: Math.min(times(most, times(lengths, lengths)), times(off, times(frobenius, frobenius))),
		features: Math.min(lengths, times(frobenius, rootUp(largest))),
	};
}

/** About Σ_t |B_st| of each row: each sum is made as one of m roundings. */
function absoluteRowSums({ rows, cols, data }: Matrix): Float64Array {
	const sums = new Float64Array(rows);
	for (let s = 0, at = 0; s < rows; s++) for (let t = 0; t < cols; t++) sums[s] += Math.abs(data[at++]);
	return sums;
}
