import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import {
	Matrix,
	mapEntries,
	maxAbs,
	multiply,
	nextTurn,
	type ProgressReport,
	type RowSource,
	UsageError,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { LEAST_NORMAL, noError, over, plus, Quantity, times } from "../error-bound/index.ts";
import { GradientSum } from "../rows/gradient-sum.ts";
import { centredValues, type ResidualRows, residualRows } from "../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock, queryBlockAt, queryBlocks, selectRows } from "../rows/row-blocks.ts";
import { l1OfRelative } from "../rows/softmax-rows.ts";
import { centred, type Spans, spansOf } from "../rows/spans.ts";
import { ErrorSums, type MappedSizes, type RowErrors } from "./error-sums.ts";
import { exactRows } from "./exact-rows.ts";
import type { EntryErrors, FeatureMap } from "./feature-map.ts";

/**
 * `plug-in`: the closed form with f̃ in place of f, exactly invariant under centring; `surrogate`: the exact gradient of
 * the loss with Ã in place of exp (paper.md 8.0).
 */
export type GradientForm = "plug-in" | "surrogate";

/** How a gradient is made from a feature map. */
export interface FeatureMapOptions {
	readonly form: GradientForm;
	/** Name of the algorithm in messages. */
	readonly algorithm: string;
	/** Rows whose Ĝ is wanted beside the gradient, for `sampledError`. @default none */
	readonly sample?: readonly number[];
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
	map: FeatureMap,
	{ form, algorithm, sample = [], onProgress }: FeatureMapOptions,
): Promise<FeatureMapGradient> {
	const { n } = problem;
	const spans = spansOf(problem);
	const blockRows = rowsOfBlock(map.rank);
	const depth = blockRows + n / blockRows;
	const products = form === "plug-in" && !map.raise;
	const state = await keyState(problem, map, spans, products, blockRows, (rows) => onProgress?.(rows / 2, n));
	const attend = products ? attendByProducts(state) : attendByAdjoints(map, form, algorithm, state);
	const proof =
		form === "plug-in" && map.error ? { entries: map.error, sums: new ErrorSums(problem, spans) } : undefined;
	const sum = new GradientSum(algorithm, problem, sample);
	const outside: number[] = [];
	let [done, largestQuery] = [0, 0];
	for (const whole of queryBlocks(problem, blockRows)) {
		const mask = map.outside?.(whole.queries);
		if (mask) outside.push(...whole.indices.filter((_, j) => mask[j] === 1));
		const block = mask ? selectRows(whole, (j) => mask[j] === 0) : whole;
		if (block.indices.length > 0) {
			const features = map.queryFeatures(block.queries);
			if (proof) largestQuery = Math.max(largestQuery, maxAbs(features));
			const { N, queryGradients } = attend(block.queries, features);
			const residuals = residualRows(algorithm, block, N, spans);
			const gradients = queryGradients(adjointOf(residuals));
			sum.add(block, residuals, gradients);
			if (proof) {
				const errors = rowErrors(map, proof.entries, block, features, residuals.normaliser, state, depth);
				proof.sums.add(block, residuals, gradients, errors);
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

/** The sums of a block of queries over all keys: N = Ã h', count x (d+1), and the rows Ĝ_j for adjoints of N. */
type Attend = (
	queries: Matrix,
	features: Matrix,
) => { readonly N: Matrix; readonly queryGradients: (adjoint: Matrix) => Matrix };

/** Cotangents over the normalisers, count x (d+1). */
const adjointOf = ({ normaliser, cotangents }: ResidualRows): Matrix =>
	Matrix.build(cotangents.rows, cotangents.cols, (j, i) => cotangents.at(j, i) / normaliser[j]);

/** From the sums of the products of values and keys: for plug-in gradients of any map. */
function attendByProducts({ sums }: KeyState): Attend {
	const width = Math.sqrt(sums.cols);
	return (_, features) => {
		const all = multiply(features, sums);
		return {
			N: Matrix.build(all.rows, width, (j, i) => all.at(j, i * width + width - 1)),
			queryGradients: (adjoint) => contract(adjoint, all),
		};
	};
}

/** By adjoints of features, which the map raises for a plug-in gradient and pulls back to queries for a surrogate one. */
function attendByAdjoints(map: FeatureMap, form: GradientForm, algorithm: string, { sums }: KeyState): Attend {
	const own = sums.slice(0, map.rank);
	return (queries, features) => ({
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
	/** Σ_l β_l of the map's error. */
	readonly error: number;
}

async function keyState(
	problem: AttentionProblem<RowSource>,
	map: FeatureMap,
	spans: Spans,
	products: boolean,
	blockRows: number,
	onProgress: (rows: number) => void,
): Promise<KeyState> {
	const { d } = problem;
	let sums: Matrix | undefined;
	let [error, largestKey] = [0, 0];
	const absolute = new Float64Array(map.rank);
	for (const { from, keys, values } of keyBlocks(problem, blockRows)) {
		const features = map.keyFeatures(keys, from);
		if (map.error) largestKey = Math.max(largestKey, maxAbs(features));
		const h = centredValues(values, spans);
		const part = multiply(features, products ? withKeys(h, centred(keys, spans.keyCentre)) : h, { transposeA: true });
		if (sums) for (let at = 0; at < part.data.length; at++) sums.data[at] += part.data[at];
		sums ??= part;
		for (let l = 0; l < keys.rows; l++)
			for (let m = 0; m < map.rank; m++) absolute[m] += Math.abs(features.data[l * features.cols + m]);
		if (map.error?.kind === "product") for (const beta of map.error.keys(keys, features)) error = plus(error, beta);
		onProgress(from + keys.rows);
		await nextTurn();
	}
	return { sums: sums ?? Matrix.zeros(map.rank, (d + 1) ** (products ? 2 : 1)), absolute, largestKey, error };
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

/** τ_j and θ_j of a block: τ_j = 2 α_j Σ_l β_l / D̃_j (paper.md 7.4), θ_j from the absolute sums Σ_m |φ_jm| Σ_l |ψ_lm|. */
function rowErrors(
	map: FeatureMap,
	error: EntryErrors,
	block: QueryBlock,
	features: Matrix,
	normaliser: Float64Array,
	state: KeyState,
	depth: number,
): RowErrors {
	const u = unitRoundoff("f64");
	const sizes = multiply(mapEntries(features, Math.abs), new Matrix(map.rank, 1, state.absolute));
	const unit = error.rounding + u * (depth + map.rank + 8);
	const rounding = normaliser.map((D, j) => over(times(unit, sizes.at(j, 0)), D));
	if (error.kind === "relative")
		return { form: "relative", tau: normaliser.map(() => l1OfRelative(error.delta)), rounding };
	const alpha = error.queries(block.queries, features);
	const tau = normaliser.map((D, j) => over(times(times(2, alpha[j]), state.error), D * Math.max(0, 1 - rounding[j])));
	return { form: "l1", tau, rounding };
}
