import { Matrix, multiplyOn, type Numbers, type Runtime } from "@attgrad/matrix-core";
import { gamma, leastRest, over, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
import { DirectBounds, valueKeyPairs } from "../../feature-maps/direct-bounds.ts";
import type { DirectRowBounds, RowsOnKernels } from "../../feature-maps/direct-rows.ts";
import type { EntryErrors } from "../../feature-maps/feature-map.ts";
import { squaredNorms } from "../../feature-maps/kernel-scale.ts";
import type { Product } from "../../feature-maps/residual-forms.ts";
import type { HybridHead } from "./hybrid-head.ts";

/** Features of a head, with bounds on their errors. */
export interface HeadApproximated {
	readonly Phi: Matrix;
	readonly Psi: Matrix;
	readonly error: EntryErrors & { readonly kind: "product" };
}

/** Sizes of the features of a head, and of their errors. */
export interface FeatureReach {
	/** α_j and β_l. */
	readonly alpha: Float64Array;
	readonly beta: Float64Array;
	/** At least ‖ψ_l‖ + β_l: a bound on the weight of a key for queries of length 1. */
	readonly lengths: Float64Array;
	/** K. */
	readonly rank: number;
	/** Relative rounding of the weights that the features approximate. */
	readonly relative: RelativeRounding;
	/** Of keys that have no features (`ExactKeys`). */
	readonly exact?: KeyWeights | undefined;
	/** Sums over the keys. @default those of `beta` and `lengths` */
	readonly totals?: ReachTotals;
}

/** Sums of the weights of keys that have no features. */
export interface KeyWeights {
	readonly weights: Float64Array;
	/** At least the relative errors of these sums and, over the largest of their terms, of means over the keys. */
	readonly rounding: Float64Array;
	/** A sum is off by this at most where weights are too small to count. */
	readonly lost: number;
}

/** Sums over keys, rounded up. */
export interface ReachTotals {
	/** Number of keys. */
	readonly count: number;
	/** Σ β, Σ β² and Σ of the lengths. */
	readonly ones: number;
	readonly spread: number;
	readonly weights: number;
}

/** Sums over all keys. */
export function totalsOf({ beta, lengths }: Pick<FeatureReach, "beta" | "lengths">): ReachTotals {
	let [ones, spread, weights] = [0, 0, 0];
	for (let l = 0; l < beta.length; l++) {
		ones = plus(ones, beta[l]);
		spread = plus(spread, times(beta[l], beta[l]));
		weights = plus(weights, lengths[l]);
	}
	return { count: beta.length, ones, spread, weights };
}

/** The rows of queries: outputs and gradients, with bounds on the errors of each. */
export interface RowPass extends FeatureReach {
	/** dQ / scale, n_q x d, and õ about the values' midrange, n_q x d_v. */
	readonly gradients: Matrix;
	readonly outputs: Matrix;
	/** D̃, and c' = (dO, −<dO, õ>), n_q x (d_v + 1). */
	readonly normaliser: Float64Array;
	readonly cotangents: Matrix;
	/** ν_j >= |Σ_l e_jl| / D_j: from 1/2 on nothing is said of a row. */
	readonly nu: Float64Array;
	/** θ_j: what rounding changes of a mean over keys, relative to the largest of its terms. */
	readonly theta: Float64Array;
	/** Γ_j >= |<dO_j, v_l> − δ̃_j| for every key, and a bound on |δ̃_j − δ_j|. */
	readonly reach: Float64Array;
	readonly deltaError: Float64Array;
	/** Bound on the error of a row of dQ / scale, and of an entry of the output. */
	readonly bounds: Float64Array;
	readonly outputBounds: Float64Array;
	/** About what each key adds to the squares of bounds, from the largest to the smallest, where some may be exact (`splitKeys`). */
	readonly keySizes?: Float64Array | undefined;
}

/** Sums over keys, then the rows of all queries. O(n K d d_v). */
export async function rowPass(approximated: HeadApproximated, head: HybridHead, runtime: Runtime): Promise<RowPass> {
	const { middleKeys, values, keyHalf, valueHalf } = head;
	const product: Product = (A, B, options) => multiplyOn(runtime, A, B, options);
	const pairs = valueKeyPairs(values, middleKeys);
	const sums = await rowSums(approximated, head, pairs, product);
	const { Phi, Psi, error } = approximated;
	const alpha = error.queries(head.queries, Phi);
	const beta = error.keys(head.keys, Psi);
	const reach = featureReach({ alpha, beta, squares: squaredNorms(Psi), rank: Psi.cols, relative: error.relative });
	const spread = beta.reduce((sum, x) => plus(sum, times(x, x)), 0);
	const direct = new DirectBounds({ keyHalf, valueHalf });
	const residual = direct.takesResiduals ? error.residual?.(head.keys, Psi) : undefined;
	await direct.add({ h: values, keys: middleKeys, beta, spread, residual, pairs }, product);
	return boundedRows(head, reach, sums, direct, product);
}

/**
 * Adds the lengths of the keys' features to the bounds on their errors.
 * @param squares ‖ψ_l‖² as computed
 */
export function featureReach({
	squares,
	...reach
}: Omit<FeatureReach, "lengths"> & { readonly squares: Float64Array }): FeatureReach {
	const ofLength = RelativeRounding.roundings(reach.rank + 4);
	// Squares below the normal range are lost; β is more than they are in sum.
	const lengths = squares.map((square, l) => plus(ofLength.atLeast(Math.sqrt(square)), reach.beta[l]));
	return { ...reach, lengths };
}

/**
 * The rows with their bounds.
 * @param direct has taken in all keys
 * @param forms a product, or the forms of the rows' cotangents themselves, or rows that kernels hold
 */
export async function boundedRows(
	head: HybridHead,
	reach: FeatureReach,
	sums: RowSums,
	direct: DirectBounds,
	forms: Product | Matrix | RowsOnKernels,
): Promise<RowPass> {
	const errors = rowErrors(reach, sums.normaliser);
	const { normaliser, cotangents, gradients, keyMeans, N } = sums;
	const rows = { residuals: { normaliser, cotangents }, ofTarget: false, N, gradients, keyMeans };
	const { least, all } = errors;
	const known = { alpha: reach.alpha, sums: errors.sums, ones: all, normaliser: least };
	const bounds = await direct.of(rows, known, errors.theta, forms);
	return { ...reach, ...sums, ...errors, ...rowBounds(head, sums, errors, bounds) };
}

/** Sums over keys of all queries, and what follows from them. */
export interface RowSums extends Pick<RowPass, "gradients" | "outputs" | "normaliser" | "cotangents"> {
	/** Σ Ã (v, 1), n_q x (d_v + 1). */
	readonly N: Matrix;
	/** m̃, n_q x d. */
	readonly keyMeans: Matrix;
}

async function rowSums({ Phi, Psi }: HeadApproximated, head: HybridHead, pairs: Matrix, product: Product) {
	const all = await product(Phi, await product(Psi, pairs, { transposeA: true }));
	const outputs = rowOutputs(valueSums(all, head.values.cols), head.upstream);
	return { ...outputs, ...rowGradients(all, outputs, head.middleKeys.cols) };
}

/** N: the last columns of the sums of `valueKeyPairs`. */
export function valueSums({ rows, cols, data }: Matrix, width: number): Matrix {
	const N = Matrix.zeros(rows, width);
	for (let j = 0; j < rows; j++) N.row(j).set(data.subarray((j + 1) * cols - width, (j + 1) * cols));
	return N;
}

/** D̃, õ and c' of all rows. */
export function rowOutputs(N: Matrix, upstream: Matrix): Omit<RowSums, "gradients" | "keyMeans"> {
	const [width, d_v] = [N.cols, upstream.cols];
	const [outputs, cotangents] = [Matrix.zeros(N.rows, d_v), Matrix.zeros(N.rows, width)];
	const normaliser = new Float64Array(N.rows);
	for (let j = 0; j < N.rows; j++) {
		const D = N.data[j * width + d_v];
		normaliser[j] = D;
		let delta = 0;
		for (let i = 0; i < d_v; i++) {
			const output = N.data[j * width + i] / D;
			const given = upstream.data[j * d_v + i];
			outputs.data[j * d_v + i] = output;
			cotangents.data[j * width + i] = given;
			delta += given * output;
		}
		cotangents.data[j * width + d_v] = -delta;
	}
	return { N, outputs, cotangents, normaliser };
}

/**
 * dQ / scale and m̃ of all rows.
 * @param all sums of `valueKeyPairs`
 * @param beside Σ w <c', (v, 1)> k and Σ w k over keys that these sums do not have, n_q x d each
 */
export function rowGradients(
	{ cols, data }: Matrix,
	{ cotangents, normaliser }: Pick<RowSums, "cotangents" | "normaliser">,
	d: number,
	beside?: Pick<RowSums, "gradients"> & { readonly keys: Matrix },
): Pick<RowSums, "gradients" | "keyMeans"> {
	const width = cotangents.cols;
	const [gradients, keyMeans] = [Matrix.zeros(cotangents.rows, d), Matrix.zeros(cotangents.rows, d)];
	for (let j = 0; j < cotangents.rows; j++) {
		const D = normaliser[j];
		for (let b = j * d, at = j * cols; b < (j + 1) * d; b++) {
			let total = beside?.gradients.data[b] ?? 0;
			for (let i = 0; i < width; i++) total += cotangents.data[j * width + i] * data[at++];
			gradients.data[b] = total / D;
			keyMeans.data[b] = (data[at - 1] + (beside?.keys.data[b] ?? 0)) / D;
		}
	}
	return { gradients, keyMeans };
}

/** Sizes of the errors of a row's entries. */
function rowErrors(reach: FeatureReach, normaliser: Float64Array) {
	const { alpha, rank, relative, exact } = reach;
	const { count: n, ones, spread, weights } = reach.totals ?? totalsOf(reach);
	const root = rootUp(spread);
	const unit = RelativeRounding.roundings(4 * (n + rank + 64));
	const moved = relative.repeated(4);
	const count = normaliser.length;
	const made = () => new Float64Array(count);
	const [theta, least, sums, all] = [made(), made(), made(), made()];
	// θ = γ(γ(unit) Σ/D̃ + moved), as `RelativeRounding` has it, without one for each row
	const ofUnit = unit.bound;
	for (let j = 0; j < count; j++) {
		const D = normaliser[j];
		const ofExact = exact ? over(plus(times(exact.rounding[j], exact.weights[j]), exact.lost), D) : 0;
		const own = plus(gamma(plus(times(ofUnit, over(weights, D)), moved.sum)), ofExact);
		theta[j] = own;
		least[j] = leastRest(D, times(own, D));
		sums[j] = times(alpha[j], root);
		all[j] = times(alpha[j], ones);
	}
	return { theta, least, sums, all };
}

type RowErrors = ReturnType<typeof rowErrors>;

/** At least a number and Σ |x_i| H_i, x from `at` on. */
function sizeOfRow(first: number, x: Numbers, at: number, half: Float64Array): number {
	let size = first;
	for (let i = 0; i < half.length; i++) size = plus(size, times(Math.abs(x[at + i]), half[i]));
	return size;
}

/** Bounds of the rows, with what rounding of means moves: at most 32 θ of the largest terms, and of those with errors of weights. */
function rowBounds(
	{ upstream, keys, keyHalf, valueHalf }: HybridHead,
	{ cotangents }: RowSums,
	{ sums, least, theta }: RowErrors,
	{ largest, ones, ofCotangents, outputs }: DirectRowBounds,
) {
	const [n_q, d_v] = [upstream.rows, upstream.cols];
	const [W, H] = [keyHalf, valueHalf].map((halves) => halves.reduce((most, half) => Math.max(most, half), 0));
	const root = rootUp(keys.rows);
	const made = () => new Float64Array(n_q);
	const [nu, reach, deltaError, outputBounds, bounds] = [made(), made(), made(), made(), made()];
	const given = upstream.data;
	const ofReach = RelativeRounding.roundings(2 * d_v + 64);
	for (let j = 0; j < n_q; j++) {
		const own = sizeOfRow(Math.abs(cotangents.data[j * (d_v + 1) + d_v]), given, j * d_v, valueHalf);
		const D = leastRest(least[j], ones[j]);
		nu[j] = over(ones[j], D);
		reach[j] = ofReach.atLeast(own);
		deltaError[j] = plus(over(ofCotangents[j], D), times(times(4, theta[j]), reach[j]));
		outputBounds[j] = plus(outputs[j], times(times(4, theta[j]), H));
		const wide = times(over(sums[j], D), root);
		bounds[j] = plus(largest[j], times(times(32, theta[j]), times(reach[j], times(W, plus(1, wide)))));
	}
	return { nu, reach, deltaError, outputBounds, bounds };
}
