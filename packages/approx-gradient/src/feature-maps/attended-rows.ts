import { Matrix, multiply, UsageError } from "@attgrad/matrix-core";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { AnyFeatureMap } from "./feature-map.ts";
import type { KeyState } from "./key-state.ts";
import type { Product } from "./residual-forms.ts";

/**
 * `plug-in`: the closed form with f̃ in place of f, exactly invariant under centring; `surrogate`: the exact gradient of
 * the loss with Ã in place of exp (paper.md 8.0).
 */
export type GradientForm = "plug-in" | "surrogate";

/** The sums of a block of queries over all keys: N = Ã h', count x (d+1), and the rows Ĝ_j for adjoints of N. */
export type Attend = (
	queries: Matrix,
	features: Matrix,
) => Promise<{
	readonly N: Matrix;
	/** Means of the centred keys, Σ_l f̃_jl k'_l, count x d, where they are at hand. */
	readonly keyMeans?: (residuals: ResidualRows) => Matrix;
	readonly queryGradients: (adjoint: Matrix) => Matrix;
}>;

/** Cotangents over the normalisers, count x (d+1). */
export const adjointOf = ({ normaliser, cotangents }: ResidualRows): Matrix =>
	Matrix.build(cotangents.rows, cotangents.cols, (j, i) => cotangents.at(j, i) / normaliser[j]);

/** From the sums of the products of values and keys: for plug-in gradients of any map. */
export function attendByProducts({ sums }: KeyState, product: Product): Attend {
	const width = Math.sqrt(sums.cols);
	return async (_, features) => {
		const all = await product(features, sums);
		return {
			keyMeans: ({ normaliser }) =>
				Matrix.build(all.rows, width - 1, (j, b) => all.at(j, (width - 1) * width + b) / normaliser[j]),
			N: Matrix.build(all.rows, width, (j, i) => all.at(j, i * width + width - 1)),
			queryGradients: (adjoint) => contract(adjoint, all),
		};
	};
}

/** By adjoints of features, which the map raises for a plug-in gradient and pulls back to queries for a surrogate one. */
export function attendByAdjoints(
	map: AnyFeatureMap,
	form: GradientForm,
	algorithm: string,
	{ sums }: KeyState,
): Attend {
	const own = sums.slice(0, map.rank);
	return async (queries, features) => ({
		N: multiply(features, own),
		queryGradients(adjoint) {
			if (form === "plug-in" && map.raise) return map.raise(features, multiply(adjoint, sums, { transposeB: true }));
			if (!map.pullBack)
				throw new UsageError(`${algorithm}: the feature map has no pullBack, which form surrogate needs`);
			return map.pullBack(queries, features, multiply(adjoint, own, { transposeB: true }));
		},
	});
}

/** Rows Σ_i a_ji N_j(i,b), b = 0..d-1, of N_j(i,b) = Σ_l Ã_jl h'_li k_lb. */
function contract(adjoint: Matrix, N: Matrix): Matrix {
	const width = adjoint.cols;
	return Matrix.build(adjoint.rows, width - 1, (j, b) => {
		let sum = 0;
		for (let i = 0; i < width; i++) sum += adjoint.at(j, i) * N.at(j, i * width + b);
		return sum;
	});
}
