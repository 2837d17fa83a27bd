import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, maxAbs, nextTurn, type ProgressReport, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { GradientSum, type LossGradient } from "../rows/gradient-sum.ts";
import { requireFinite } from "../rows/require-finite.ts";
import { residualRows } from "../rows/residual-rows.ts";
import { type QueryBlock, queryBlockAt, queryBlocks, selectRows } from "../rows/row-blocks.ts";
import { type Spans, spansOf } from "../rows/spans.ts";
import { type Attend, adjointOf, attendByAdjoints, attendByProducts, type GradientForm } from "./attended-rows.ts";
import { DirectBounds } from "./direct-bounds.ts";
import { ErrorSums } from "./error-sums.ts";
import { exactRows } from "./exact-rows.ts";
import type { AnyFeatureMap, EntryErrors } from "./feature-map.ts";
import { type KeyState, keyState, mappedSizes, productOf } from "./key-state.ts";
import type { Product } from "./residual-forms.ts";
import { rowErrors } from "./row-errors.ts";
import { SampledRows } from "./sampled-error.ts";

export type { GradientForm } from "./attended-rows.ts";

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
	/** Reports progress: keys and queries count half each; rows that the map does not cover are counted in a second round. */
	readonly onProgress?: ProgressReport | undefined;
}

/** A gradient through a factorisation of the attention matrix; the loss is that with f̃ in place of f. */
export interface FeatureMapGradient extends LossGradient {
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
	options: FeatureMapOptions,
): Promise<FeatureMapGradient> {
	const { form, algorithm, runtime, onProgress } = options;
	const { n } = problem;
	const spans = spansOf(problem);
	const product = productOf(runtime);
	const blockRows = runtime === undefined ? rowsOfBlock(map.rank) : KERNEL_ROWS;
	const products = form === "plug-in" && !map.raise;
	const direct = form === "plug-in" && map.error?.kind === "product" ? new DirectBounds(spans) : undefined;
	const state = await keyState(problem, map, { spans, products, direct, product }, blockRows, (rows) =>
		onProgress?.(rows / 2, n),
	);
	const attend = products ? attendByProducts(state, product) : attendByAdjoints(map, form, algorithm, state);
	const pass = new QueryPass(problem, map, options, {
		...{ spans, direct, product, state, attend },
		depth: blockRows + n / blockRows,
	});
	let done = 0;
	for (const block of queryBlocks(problem, blockRows)) {
		await pass.add(block);
		done += block.count;
		onProgress?.((n + done) / 2, n);
		await nextTurn();
	}
	await pass.addExactRows();
	return pass.result();
}

/** Pass 1, and the way to the rows from it. */
interface AfterKeys {
	readonly spans: Spans;
	readonly direct: DirectBounds | undefined;
	readonly product: Product;
	readonly state: KeyState;
	readonly attend: Attend;
	/** Additions that stand one after the other in the sums over rows. */
	readonly depth: number;
}

/** Pass 2: the gradient, the sampled rows and, for a map that knows its errors, their bound. */
class QueryPass {
	readonly #problem: AttentionProblem<RowSource>;
	readonly #map: AnyFeatureMap;
	readonly #options: FeatureMapOptions;
	readonly #keys: AfterKeys;
	readonly #proof: { readonly entries: EntryErrors; readonly sums: ErrorSums } | undefined;
	readonly #sum: GradientSum;
	readonly #sampled: SampledRows;
	/** Rows that the map does not cover or is not sure of. */
	readonly #outside: number[] = [];
	#largestQuery = 0;

	constructor(problem: AttentionProblem<RowSource>, map: AnyFeatureMap, options: FeatureMapOptions, keys: AfterKeys) {
		[this.#problem, this.#map, this.#options, this.#keys] = [problem, map, options, keys];
		this.#proof =
			options.form === "plug-in" && map.error
				? { entries: map.error, sums: new ErrorSums(problem, keys.spans) }
				: undefined;
		this.#sum = new GradientSum(problem);
		this.#sampled = new SampledRows(options.sample ?? [], problem.d);
	}

	/** Takes in the rows of a block that the map covers and is sure of, and notes the others. */
	async add(whole: QueryBlock): Promise<void> {
		const mask = this.#map.outside?.(whole.queries);
		if (mask) this.#outside.push(...whole.indices.filter((_, j) => mask[j] === 1));
		const block = mask ? selectRows(whole, (j) => mask[j] === 0) : whole;
		if (block.count === 0) return;
		const features = await this.#map.queryFeatures(block.queries);
		const sure = await this.#sureRows(block, features);
		if (sure.block.count > 0) await this.#addMapped(sure.block, sure.features);
	}

	/** The rows that are proven to be nearer to the exact ones than `exactFrom`. */
	async #sureRows(block: QueryBlock, features: Matrix): Promise<{ block: QueryBlock; features: Matrix }> {
		const { exactFrom } = this.#options;
		const { error } = this.#map;
		if (exactFrom === undefined || !error) return { block, features };
		const { attend, state, depth } = this.#keys;
		const { N } = await attend(block.queries, features);
		const normaliser = Float64Array.from({ length: N.rows }, (_, j) => N.at(j, N.cols - 1));
		const { tau } = rowErrors(error, block, features, normaliser, state, depth);
		const sure = (j: number) => normaliser[j] > 0 && tau[j] < exactFrom;
		this.#outside.push(...block.indices.filter((_, j) => !sure(j)));
		return { block: selectRows(block, sure), features: pickRows(features, sure) };
	}

	async #addMapped(block: QueryBlock, features: Matrix): Promise<void> {
		const { spans, direct, product, state, attend, depth } = this.#keys;
		if (this.#proof) this.#largestQuery = Math.max(this.#largestQuery, maxAbs(features));
		const { N, keyMeans, queryGradients } = await attend(block.queries, features);
		const residuals = residualRows(this.#options.algorithm, block, N, spans);
		const gradients = queryGradients(adjointOf(residuals));
		this.#addGradients(block, gradients, residuals.loss);
		if (!this.#proof) return;
		const errors = rowErrors(this.#proof.entries, block, features, residuals.normaliser, state, depth);
		const rows = { residuals, N, gradients, ...(keyMeans && { keyMeans: keyMeans(residuals) }) };
		const theta = errors.rounding.map(({ bound }) => bound);
		const method = direct && errors.reach && (await direct.of(rows, errors.reach, theta, product)).relative;
		this.#proof.sums.add(block, residuals, gradients, { ...errors, ...(method && { method }) });
	}

	/** Computes the rows that were noted exactly. */
	async addExactRows(): Promise<void> {
		const { algorithm, onProgress } = this.#options;
		const outside = this.#outside;
		if (outside.length > 0) onProgress?.(0, outside.length);
		for (let at = 0; at < outside.length; at += EXACT_ROWS) {
			const block = queryBlockAt(this.#problem, outside.slice(at, at + EXACT_ROWS));
			const { residuals, queryGradients, errors } = exactRows(algorithm, this.#problem, block, this.#keys.spans);
			this.#addGradients(block, queryGradients, residuals.loss);
			this.#proof?.sums.add(block, residuals, queryGradients, errors);
			onProgress?.(at + block.count, outside.length);
			await nextTurn();
		}
	}

	#addGradients(block: QueryBlock, gradients: Matrix, loss: number): void {
		this.#sum.add(block, gradients);
		this.#sum.loss += loss;
		this.#sampled.add(block, gradients);
	}

	result(): FeatureMapGradient {
		const { state, depth } = this.#keys;
		const certificate = this.#proof?.sums.certificate(
			"a-posteriori",
			this.#proof.entries.radius,
			depth + this.#outside.length,
			mappedSizes(this.#proof.entries, this.#largestQuery, state),
		);
		const { gradient, loss } = requireFinite(this.#options.algorithm, { ...this.#sum.result() });
		return { gradient, loss, sampled: this.#sampled.rows, ...(certificate && { certificate }) };
	}
}

/** The rows of a matrix for which `kept` is true. */
function pickRows(rows: Matrix, kept: (j: number) => boolean): Matrix {
	const chosen = Array.from({ length: rows.rows }, (_, j) => j).filter(kept);
	if (chosen.length === rows.rows) return rows;
	const made = Matrix.zeros(chosen.length, rows.cols);
	for (const [at, j] of chosen.entries()) made.row(at).set(rows.row(j));
	return made;
}
