import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, maxAbs, multiply, multiplyOn, nextTurn, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, noError, plus, Quantity, times } from "../error-bound/index.ts";
import { centredValues } from "../rows/residual-rows.ts";
import { keyBlocks } from "../rows/row-blocks.ts";
import { centred, type Spans } from "../rows/spans.ts";
import type { DirectBounds } from "./direct-bounds.ts";
import type { MappedSizes } from "./error-sums.ts";
import type { AnyFeatureMap, EntryErrors } from "./feature-map.ts";
import type { Product } from "./residual-forms.ts";

/** The product on kernels, or in plain TypeScript without a runtime. */
export const productOf = (runtime: Runtime | undefined): Product =>
	runtime === undefined
		? async (A, B, options) => multiply(A, B, options)
		: (A, B, options) => multiplyOn(runtime, A, B, options);

/** The sums over keys that pass 1 makes. */
export interface KeyState {
	/** Σ_l ψ_l h'_lᵀ, or Σ_l ψ_l (h'_l ⊗ k'_l)ᵀ for products. */
	readonly sums: Matrix;
	/** Σ_l |ψ_lm|: what the rounding of a row's sums is relative to. */
	readonly absolute: Float64Array;
	/** Largest |ψ_lm|. */
	readonly largestKey: number;
	/** Σ_l β_l of the map's error, and Σ Λ: at most Σ_l β_l². */
	readonly error: number;
	readonly spread: number;
	/** Number of keys. */
	readonly keys: number;
}

/** How the sums over keys are made. */
export interface KeySums {
	readonly spans: Spans;
	readonly products: boolean;
	/** Takes in the values and keys too, where there is one. */
	readonly direct: DirectBounds | undefined;
	readonly product: Product;
}

/** Pass 1: the sums over all keys, in blocks of `blockRows`; `onProgress` gets the number of keys done. */
export async function keyState(
	problem: AttentionProblem<RowSource>,
	map: AnyFeatureMap,
	{ spans, products, direct, product }: KeySums,
	blockRows: number,
	onProgress: (rows: number) => void,
): Promise<KeyState> {
	const { d } = problem;
	let sums: Matrix | undefined;
	let [error, spread, largestKey] = [0, 0, 0];
	const absolute = new Float64Array(map.rank);
	for (const { from, keys, values } of keyBlocks(problem, blockRows)) {
		const features = await map.keyFeatures(keys, from);
		if (map.error) largestKey = Math.max(largestKey, maxAbs(features));
		const h = centredValues(values, spans);
		const middleKeys = centred(keys, spans.keyCentre);
		const part = await product(features, products ? withKeys(h, middleKeys) : h, { transposeA: true });
		if (sums) for (let at = 0; at < part.data.length; at++) sums.data[at] += part.data[at];
		sums ??= part;
		for (let l = 0; l < keys.rows; l++)
			for (let m = 0; m < map.rank; m++) absolute[m] += Math.abs(features.data[l * features.cols + m]);
		if (map.error?.kind === "product") {
			const beta = map.error.keys(keys, features);
			let squares = 0;
			for (const size of beta) {
				error = plus(error, size);
				squares = plus(squares, times(size, size));
			}
			const spectral = (await map.error.spectral?.(keys, features)) ?? Number.POSITIVE_INFINITY;
			const own = Math.min(squares, bounded(spectral));
			spread = plus(spread, own);
			const residual = direct?.takesResiduals ? map.error.residual?.(keys, features) : undefined;
			await direct?.add({ h, keys: middleKeys, beta, spread: own, residual }, product);
		}
		onProgress(from + keys.rows);
		await nextTurn();
	}
	return {
		sums: sums ?? Matrix.zeros(map.rank, (d + 1) ** (products ? 2 : 1)),
		absolute,
		largestKey,
		error,
		spread,
		keys: problem.n,
	};
}

/** Rows h'_l ⊗ (k_l, 1), count x (d+1)². */
function withKeys(h: Matrix, keys: Matrix): Matrix {
	const width = h.cols;
	return Matrix.build(h.rows, width * width, (l, at) => {
		const b = at % width;
		return h.at(l, Math.floor(at / width)) * (b < width - 1 ? keys.at(l, b) : 1);
	});
}

/** Sizes of the features that were met; at least 1, as those of rows that are computed exactly. */
export function mappedSizes(
	error: EntryErrors,
	largestQuery: number,
	{ sums, largestKey }: Pick<KeyState, "sums" | "largestKey">,
): MappedSizes {
	const feature = (size: number, underflow: number): Quantity =>
		Quantity.known(Math.max(1, size), { ...noError, underflow: plus(underflow, LEAST_NORMAL) });
	return {
		rank: sums.rows,
		query: feature(largestQuery, error.underflow.query),
		key: feature(largestKey, error.underflow.key),
		span: error.span,
		frame: error.frame,
	};
}
