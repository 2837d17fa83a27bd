import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import {
	Matrix,
	mapEntries,
	maxAbs,
	multiply,
	multiplyOn,
	nextTurn,
	type ProductOptions,
	type ProgressReport,
	type RowSource,
	type Runtime,
	UsageError,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, noError, over, plus, Quantity, times } from "../error-bound/index.ts";
import { GradientSum } from "../rows/gradient-sum.ts";
import { centredValues, type ResidualRows, residualRows } from "../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock, queryBlockAt, queryBlocks, selectRows } from "../rows/row-blocks.ts";
import { l1OfRelative } from "../rows/softmax-rows.ts";
import { centred, type Spans, spansOf } from "../rows/spans.ts";
import { DirectBounds, type RowReach } from "./direct-bounds.ts";
import { ErrorSums, type MappedSizes, type RowErrors } from "./error-sums.ts";
import { exactRows } from "./exact-rows.ts";
import type { EntryErrors, FeatureMap } from "./feature-map.ts";

/**
 * `plug-in`: the closed form with f̃ in place of f, exactly invariant under centring; `surrogate`: the exact gradient of
 * the loss with Ã in place of exp (paper.md 8.0).
 */
export type GradientForm = "plug-in" | "surrogate";

/** A map on kernels or in plain TypeScript. */
type AnyFeatureMap = FeatureMap<Matrix | Promise<Matrix>>;

/** How a gradient is made from a feature map. */
export interface FeatureMapOptions {
	readonly form: GradientForm;
	/** Name of the algorithm in messages. */
	readonly algorithm: string;
	/** Rows whose Ĝ is wanted beside the gradient, for `sampledError`. @default none */
	readonly sample?: readonly number[];
	/** Rows whose weights are not proven to be off by less than this, ‖f̃_j − f_j‖₁ <= τ_j, are computed exactly. @default none */
	readonly exactFrom?: number;
	/** Whose kernel and threads make the large products. @default plain TypeScript */
	readonly runtime?: Runtime;
	/** Called now and then, keys and queries counting half each; rows that the map does not cover are counted anew after. */
	readonly onProgress?: ProgressReport | undefined;
}

/** A gradient through a factorisation of the attention matrix. */
export interface FeatureMapGradient {
	/** dL/dX, d x d. */
	readonly gradient: Matrix;
	/** Loss with f̃ in place of f. */
	readonly loss: number;
	/** Proof of the error of the plug-in gradient, for a map that knows its errors. */
	readonly certificate?: Certificate;
	/** Ĝ of the sampled rows, in their order. */
	readonly sampled: Matrix;
}

/** Numbers that a block of features may hold: with as many of sums and cotangents they stay in the second cache level. */
const BLOCK = { numbers: 2 ** 16, leastRows: 16, mostRows: 512 };

/** Rows whose features are made at once. */
export function rowsOfBlock(rank: number): number {
	return Math.min(BLOCK.mostRows, Math.max(BLOCK.leastRows, Math.floor(BLOCK.numbers / rank)));
}

/** Rows whose features are made at once by kernels, which block products themselves. */
const KERNEL_ROWS = 2048;

/** Rows of the map's uncovered queries that are computed at once. */
const EXACT_ROWS = 64;

/**
 * The gradient with any factorisation Ã = ΦΨᵀ in place of the exponentials (paper.md 8.0), in one pass over keys and one
 * over queries, both in row blocks. Plug-in costs 4nK(d+1)² flops and memory O(Kd²), or 4nK⁺(d+1) and O(K⁺d) for a map
 * with `raise`; surrogate 6nK(d+1) and O(Kd). All arithmetic is in double precision.
 * @throws ComputationError (invalid) where a row's normaliser is not > 0
 */
export async function featureMapGradient(
	problem: AttentionProblem<RowSource>,
	map: AnyFeatureMap,
	{ form, algorithm, sample = [], runtime, exactFrom, onProgress }: FeatureMapOptions,
): Promise<FeatureMapGradient> {
	const { n } = problem;
	const spans = spansOf(problem);
	const product = productOf(runtime);
	const blockRows = runtime === undefined ? rowsOfBlock(map.rank) : KERNEL_ROWS;
	const depth = blockRows + n / blockRows;
	const products = form === "plug-in" && !map.raise;
	const direct = form === "plug-in" && map.error?.kind === "product" ? new DirectBounds(spans) : undefined;
	const state = await keyState(problem, map, { spans, products, direct, product }, blockRows, (rows) =>
		onProgress?.(rows / 2, n),
	);
	const attend = products ? attendByProducts(state, product) : attendByAdjoints(map, form, algorithm, state);
	const proof =
		form === "plug-in" && map.error ? { entries: map.error, sums: new ErrorSums(problem, spans) } : undefined;
	const sum = new GradientSum(algorithm, problem, sample);
	const outside: number[] = [];
	let [done, largestQuery] = [0, 0];
	for (const whole of queryBlocks(problem, blockRows)) {
		const mask = map.outside?.(whole.queries);
		if (mask) outside.push(...whole.indices.filter((_, j) => mask[j] === 1));
		let block = mask ? selectRows(whole, (j) => mask[j] === 0) : whole;
		let features = block.indices.length > 0 ? await map.queryFeatures(block.queries) : undefined;
		if (features && exactFrom !== undefined && map.error) {
			const { N } = await attend(block.queries, features);
			const normaliser = Float64Array.from({ length: N.rows }, (_, j) => N.at(j, N.cols - 1));
			const { tau } = rowErrors(map, map.error, block, features, normaliser, state, depth);
			const sure = (j: number) => normaliser[j] > 0 && tau[j] < exactFrom;
			outside.push(...block.indices.filter((_, j) => !sure(j)));
			features = pickRows(features, sure);
			block = selectRows(block, sure);
		}
		if (features && block.indices.length > 0) {
			if (proof) largestQuery = Math.max(largestQuery, maxAbs(features));
			const { N, keyMeans, queryGradients } = await attend(block.queries, features);
			const residuals = residualRows(algorithm, block, N, spans);
			const gradients = queryGradients(adjointOf(residuals));
			sum.add(block, residuals, gradients);
			if (proof) {
				const errors = rowErrors(map, proof.entries, block, features, residuals.normaliser, state, depth);
				const rows = { residuals, N, gradients, ...(keyMeans && { keyMeans: keyMeans(residuals) }) };
				const method = direct && errors.reach && (await direct.of(rows, errors.reach, errors.rounding, product));
				proof.sums.add(block, residuals, gradients, { ...errors, ...(method && { method }) });
			}
		}
		done += whole.indices.length;
		onProgress?.((n + done) / 2, n);
		await nextTurn();
	}
	if (outside.length > 0) onProgress?.(0, outside.length);
	for (let at = 0; at < outside.length; at += EXACT_ROWS) {
		const block = queryBlockAt(problem, outside.slice(at, at + EXACT_ROWS));
		const exact = exactRows(algorithm, problem, block, spans);
		sum.add(block, exact.residuals, exact.queryGradients);
		proof?.sums.add(block, exact.residuals, exact.queryGradients, exact.errors);
		onProgress?.(at + block.indices.length, outside.length);
		await nextTurn();
	}
	const certificate = proof?.sums.certificate(
		"a-posteriori",
		proof.entries.radius,
		depth + outside.length,
		mappedSizes(proof.entries, largestQuery, state),
	);
	return { ...sum.result(), ...(certificate && { certificate }) };
}

/** The rows of a matrix for which `kept` is true. */
function pickRows(rows: Matrix, kept: (j: number) => boolean): Matrix {
	const chosen = Array.from({ length: rows.rows }, (_, j) => j).filter(kept);
	if (chosen.length === rows.rows) return rows;
	const made = Matrix.zeros(chosen.length, rows.cols);
	for (const [at, j] of chosen.entries()) made.row(at).set(rows.row(j));
	return made;
}

/** The sums of a block of queries over all keys: N = Ã h', count x (d+1), and the rows Ĝ_j for adjoints of N. */
type Attend = (
	queries: Matrix,
	features: Matrix,
) => Promise<{
	readonly N: Matrix;
	/** Means of the centred keys, Σ_l f̃_jl k'_l, count x d, where they are at hand. */
	readonly keyMeans?: (residuals: ResidualRows) => Matrix;
	readonly queryGradients: (adjoint: Matrix) => Matrix;
}>;

/** A matrix product in plain TypeScript or on kernels. */
type Product = (A: Matrix, B: Matrix, options?: ProductOptions) => Promise<Matrix>;

const productOf = (runtime: Runtime | undefined): Product =>
	runtime === undefined
		? async (A, B, options) => multiply(A, B, options)
		: (A, B, options) => multiplyOn(runtime, A, B, options);

/** Cotangents over the normalisers, count x (d+1). */
const adjointOf = ({ normaliser, cotangents }: ResidualRows): Matrix =>
	Matrix.build(cotangents.rows, cotangents.cols, (j, i) => cotangents.at(j, i) / normaliser[j]);

/** From the sums of the products of values and keys: for plug-in gradients of any map. */
function attendByProducts({ sums }: KeyState, product: Product): Attend {
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
function attendByAdjoints(map: AnyFeatureMap, form: GradientForm, algorithm: string, { sums }: KeyState): Attend {
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

/** The sums over keys that pass 1 makes. */
interface KeyState {
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
interface KeySums {
	readonly spans: Spans;
	readonly products: boolean;
	/** Takes in the values and keys too, where there is one. */
	readonly direct: DirectBounds | undefined;
	readonly product: Product;
}

async function keyState(
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
		await direct?.add(h, middleKeys, product);
		const part = await product(features, products ? withKeys(h, middleKeys) : h, { transposeA: true });
		if (sums) for (let at = 0; at < part.data.length; at++) sums.data[at] += part.data[at];
		sums ??= part;
		for (let l = 0; l < keys.rows; l++)
			for (let m = 0; m < map.rank; m++) absolute[m] += Math.abs(features.data[l * features.cols + m]);
		if (map.error?.kind === "product") {
			let squares = 0;
			for (const beta of map.error.keys(keys, features)) {
				error = plus(error, beta);
				squares = plus(squares, times(beta, beta));
			}
			const spectral = (await map.error.spectral?.(keys, features)) ?? Number.POSITIVE_INFINITY;
			spread = plus(spread, Math.min(squares, bounded(spectral)));
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

/** Sizes of the features that were met; at least 1, as those of rows that are computed exactly. */
function mappedSizes(error: EntryErrors, largestQuery: number, { sums, largestKey }: KeyState): MappedSizes {
	const feature = (size: number, underflow: number): Quantity =>
		Quantity.known(Math.max(1, size), { ...noError, underflow: plus(underflow, LEAST_NORMAL) });
	return {
		rank: sums.rows,
		query: feature(largestQuery, error.underflow.query),
		key: feature(largestKey, error.underflow.key),
		span: error.span,
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

/** Rows Σ_i a_ji N_j(i,b), b = 0..d-1, of N_j(i,b) = Σ_l Ã_jl h'_li k_lb. */
function contract(adjoint: Matrix, N: Matrix): Matrix {
	const width = adjoint.cols;
	return Matrix.build(adjoint.rows, width - 1, (j, b) => {
		let sum = 0;
		for (let i = 0; i < width; i++) sum += adjoint.at(j, i) * N.at(j, i * width + b);
		return sum;
	});
}

/**
 * τ_j and θ_j of a block: τ_j = 2 α_j Σ_l β_l / D̃_j (paper.md 7.4), and what the errors of a row's entries do to a sum over keys; θ_j from
 * the absolute sums Σ_m |φ_jm| Σ_l |ψ_lm|.
 */
function rowErrors(
	map: AnyFeatureMap,
	error: EntryErrors,
	block: QueryBlock,
	features: Matrix,
	normaliser: Float64Array,
	state: KeyState,
	depth: number,
): RowErrors & { readonly reach?: RowReach } {
	const u = unitRoundoff("f64");
	const sizes = multiply(mapEntries(features, Math.abs), new Matrix(map.rank, 1, state.absolute));
	const unit = error.rounding + u * (depth + map.rank + 8);
	const rounding = normaliser.map((D, j) => over(times(unit, sizes.at(j, 0)), D));
	if (error.kind === "relative")
		return { form: "relative", tau: normaliser.map(() => l1OfRelative(error.delta)), rounding };
	const alpha = error.queries(block.queries, features);
	const least = normaliser.map((D, j) => D * Math.max(0, 1 - rounding[j]));
	const spread = Math.sqrt(state.spread) * (1 + 2 ** -50);
	const keys = Math.sqrt(state.keys) * (1 + 2 ** -50);
	const sums = alpha.map((size) => times(size, spread));
	const ones = alpha.map((size, j) => Math.min(times(size, state.error), times(sums[j], keys)));
	const tau = least.map((D, j) => over(times(2, ones[j]), D));
	// Weights that are off by a part of themselves move each sum by at most that part of D <= (1 + τ) D̃.
	const relative = error.relative ?? 0;
	if (relative > 0)
		for (let j = 0; j < tau.length; j++) rounding[j] = plus(rounding[j], times(2 * relative, plus(1, tau[j])));
	return { form: "l1", tau, rounding, reach: { sums, ones, normaliser: least } };
}
