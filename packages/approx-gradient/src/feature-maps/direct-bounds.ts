import { Matrix } from "@attgrad/matrix-core";
import { LEAST_NORMAL, plus, RelativeRounding, rootUp, times } from "../error-bound/index.ts";
import {
	boundRow,
	type DirectRowBounds,
	type DirectRows,
	type DirectSpans,
	type FormedRows,
	finishRow,
	type KnownForms,
	type RowReach,
	type RowRests,
	type RowsOnKernels,
	rowRests,
} from "./direct-rows.ts";
import {
	addForm,
	type BlockForms,
	type FormScale,
	GROUP,
	lostInForms,
	type Product,
	productForms,
	type ResidualOf,
	residualForms,
	symmetricPairs,
} from "./residual-forms.ts";

/** A block of keys. */
export interface DirectKeys {
	/** Centred values with ones, h', count x (d_v+1). */
	readonly h: Matrix;
	/** Centred keys, count x d. */
	readonly keys: Matrix;
	/** β_l >= the length of what no feature has of a key. */
	readonly beta: Float64Array;
	/** Λ of the block: at least the largest eigenvalue of its residual matrix. */
	readonly spread: number;
	/** The residual matrix of some of these keys. */
	readonly residual?: ResidualOf | undefined;
	/** `valueKeyPairs(h, keys)`, where it is at hand. */
	readonly pairs?: Matrix;
}

/** The widest problem for which the moments with keys, (d_v+1)² (2d+1) numbers, are made. */
export const WIDEST = 32;

/**
 * A bound of each row's gradient from the sizes of its own terms: with g_l = <c̃_j, h_l>, δ̃ = Σ f̃ g,
 * z_lb = (g_l − δ̃)(k_lb − m̃_b) and D = D̃ − Σ e the normaliser,
 *
 *     Ĝ~_b − Ĝ_b = Σ_l e_l (z_lb − Ĝ~_b) / D + Σ_l e_l (g_l − δ̃) · Σ_l e_l (k_lb − m̃_b) / D² + Σ_i (õ − o)_i Cov_f(h_i, k_b),
 *
 * all of it exactly: no term sums over queries and none takes the largest key for all of them, as the L1 form does. Each sum is bounded
 * by |Σ e z|² <= α_j² zᵀRz, R the residual matrix of the keys (`residualForms`), or Λ‖z‖² in place of zᵀRz where R is not at hand. Both are
 * quadratic forms of the row's cotangents in moments of h' h'ᵀ k^p, p = 0, 1, 2, over all keys. O((d_v+1)² (2d+1)) a row and a key.
 */
export class DirectBounds {
	readonly #spans: DirectSpans;
	readonly #d: number;
	/** Of values, with the ones. */
	readonly #width: number;
	readonly #wide: boolean;
	#keys = 0;
	/** Forms of h' k^p with h' k^p' (`addForm`): those of k_1², …, k_d², k_1, …, k_d and 1; the last column alone where the problem is wide. */
	#moments: Matrix | undefined;
	/** Forms of k_b with itself, and with ones. */
	readonly #keySquares: Float64Array;
	readonly #keySums: Float64Array;
	#groups = 0;
	/** Sum of the numbers that were added to the diagonals of the residual matrices. */
	#raised = 0;
	#spread = 0;
	/** Σ β². */
	#squares = 0;
	/** Whether the forms are of residual matrices; else they are sums of products. */
	#ofResiduals = false;

	constructor(spans: DirectSpans) {
		this.#spans = spans;
		this.#d = spans.keyHalf.length;
		this.#width = spans.valueHalf.length + 1;
		this.#wide = this.#d > WIDEST;
		this.#keySquares = new Float64Array(this.#d);
		this.#keySums = new Float64Array(this.#d);
	}

	/** Whether it takes the residual matrices of keys. */
	get takesResiduals(): boolean {
		return !this.#wide;
	}

	/** Takes in a block of keys; all blocks or none have residual matrices. */
	async add({ h, keys, beta, spread, residual, pairs }: DirectKeys, product: Product): Promise<void> {
		const d = this.#d;
		const width = this.#width;
		this.#addErrors({ beta, spread }, residual !== undefined && !this.#wide);
		if (this.#wide) {
			this.#addMoments(await product(h, h, { transposeA: true }), 0, 0);
			for (let l = 0; l < h.rows; l++)
				for (let b = 0; b < d; b++) {
					const key = keys.at(l, b);
					this.#keySquares[b] += key * key;
					this.#keySums[b] += key;
				}
			return;
		}
		const all = { columns: pairs ?? valueKeyPairs(h, keys), blocks: d + 1, width };
		this.#addForms(await (residual ? residualForms(all, residual, product) : productForms(all, product)));
	}

	/** Takes in all keys by the forms of their residual matrices, which are made elsewhere. */
	addForms(forms: BlockForms, errors: Pick<DirectKeys, "beta" | "spread">): void {
		this.#addErrors(errors, true);
		this.#addForms(forms);
	}

	#addErrors({ beta, spread }: Pick<DirectKeys, "beta" | "spread">, ofResiduals: boolean): void {
		this.#keys += beta.length;
		this.#spread = plus(this.#spread, spread);
		for (const x of beta) this.#squares = plus(this.#squares, times(x, x));
		this.#ofResiduals = ofResiduals;
	}

	#addForms({ own, cross, groups, raised }: BlockForms): void {
		const [d, width] = [this.#d, this.#width];
		this.#groups += groups;
		this.#raised = plus(this.#raised, raised);
		for (let b = 0; b < d; b++) {
			this.#addMoments(own, b, b);
			this.#addMoments(cross, d + b, b);
			this.#keySquares[b] += own.at((b + 1) * width - 1, width - 1);
			this.#keySums[b] += cross.at((b + 1) * width - 1, width - 1);
		}
		this.#addMoments(own, 2 * d, d);
	}

	/** The moments whose products with `symmetricPairs` of the cotangents are the forms of `of`. */
	get moments(): Matrix {
		const width = this.#width;
		return this.#moments ?? Matrix.zeros((width * (width + 1)) / 2, 1);
	}

	#addMoments(forms: Matrix, column: number, block: number): void {
		const width = this.#width;
		this.#moments ??= Matrix.zeros((width * (width + 1)) / 2, this.#wide ? 1 : 2 * this.#d + 1);
		addForm(this.#moments, column, forms, block);
	}

	/**
	 * Bounds of a block of rows.
	 * @param theta θ_j: what rounding moves of the sums that the results are made of
	 * @param forms a product for the forms of the cotangents, or these forms themselves, or rows that kernels hold
	 */
	async of(
		rows: DirectRows,
		reach: RowReach,
		theta: ArrayLike<number>,
		forms: Product | Matrix | RowsOnKernels,
	): Promise<DirectRowBounds> {
		const { cotangents } = rows.residuals;
		const count = cotangents.rows;
		const made = () => new Float64Array(count);
		const bounds = { relative: made(), largest: made(), ones: made(), ofCotangents: made(), outputs: made() };
		const known = this.#known();
		const rests = rowRests(reach, known);
		const { keyMeans } = rows;
		if ("boundRows" in forms) takeRows(await forms.boundRows(known, rests), bounds);
		else {
			const own = forms instanceof Matrix ? forms : await forms(symmetricPairs(cotangents), this.moments);
			// Nothing is said without means of keys.
			if (keyMeans) boundAll({ rows, keyMeans, forms: own, rests, known }, bounds);
			else for (const name of ["relative", "largest", "outputs", "ofCotangents"] as const) bounds[name].fill(Infinity);
		}
		finishAll(rests, reach.sums, theta, known, bounds);
		return bounds;
	}

	#known(): KnownForms {
		const d_v = this.#width - 1;
		return {
			...{ spans: this.#spans, isWide: this.#wide, keySquares: this.#keySquares, keySums: this.#keySums },
			scale: this.#scale(),
			values: Float64Array.from({ length: d_v }, (_, i) => this.#momentOf(i, i)),
			valueSums: Float64Array.from({ length: d_v }, (_, i) => this.#momentOf(i, d_v)),
			ones: this.#momentOf(d_v, d_v),
			keyGrowth: RelativeRounding.roundings(2 * d_v + 64).atLeast(1),
			growth: RelativeRounding.roundings(4 * this.#d + 4 * d_v + 256),
			rootN: rootUp(this.#keys),
			valueSquares: this.#spans.valueHalf.reduce((sum, half) => plus(sum, times(half, half)), 0),
		};
	}

	/**
	 * The factors that turn forms into bounds. A form is off by its roundings, relative to the same form of absolute values: at most 4 s Σβ² Z² for residual
	 * matrices, whose entries are at most β_l β_m, with the errors and raises of these; and n Z² for sums of products.
	 */
	#scale(): FormScale {
		const unit = RelativeRounding.roundings(8 * (this.#keys + GROUP + 4 * this.#d + this.#width ** 2 + 64)).bound;
		const { keyHalf, valueHalf } = this.#spans;
		const column = times(plus(1, Math.max(0, ...valueHalf)), plus(1, Math.max(0, ...keyHalf)));
		const lostOf = (entry: number) => lostInForms(this.#keys, this.#width, entry, column);
		if (!this.#ofResiduals)
			return { factor: Math.min(this.#spread, this.#squares), added: times(unit, this.#keys), lost: lostOf(1) };
		const size = times(4 * GROUP, plus(this.#squares, times(this.#keys, LEAST_NORMAL)));
		return {
			factor: this.#groups,
			added: times(unit, plus(size, times(4, this.#raised))),
			lost: lostOf(plus(this.#squares, this.#raised)),
		};
	}

	/** The form of h'_i and h'_k, i <= k. */
	#momentOf(i: number, k: number): number {
		const moments = this.#moments;
		if (!moments) return 0;
		const row = i * this.#width - (i * (i - 1)) / 2 + (k - i);
		return moments.at(row, moments.cols - 1) / (i === k ? 1 : 2);
	}
}

// Loops over rows are in functions of their own, as V8 does not compile those of async functions while they run.

function boundAll(formed: FormedRows, bounds: DirectRowBounds): void {
	for (let j = 0; j < formed.rests.D.length; j++) boundRow(j, formed, bounds);
}

function finishAll(
	rests: RowRests,
	sums: Float64Array,
	theta: ArrayLike<number>,
	known: KnownForms,
	bounds: DirectRowBounds,
): void {
	for (let j = 0; j < rests.D.length; j++) finishRow(j, rests, sums[j], theta[j], known, bounds);
}

/** Takes bounds of rows that kernels made. */
function takeRows(made: Float64Array, bounds: DirectRowBounds): void {
	for (let j = 0, at = 0; j < bounds.ones.length; j++) {
		bounds.ofCotangents[j] = made[at++];
		bounds.outputs[j] = made[at++];
		bounds.relative[j] = made[at++];
		bounds.largest[j] = made[at++];
	}
}

/** Rows (k_l, 1) ⊗ h'_l, count x (d+1)(d_v+1): column b (d_v+1) + i is k_b h'_i, and those of b = d are h'. */
export function valueKeyPairs(h: Matrix, keys: Matrix): Matrix {
	const [d, width] = [keys.cols, h.cols];
	const made = Matrix.zeros(h.rows, width * (d + 1));
	for (let l = 0, at = 0; l < h.rows; l++) {
		for (let b = 0; b <= d; b++) {
			const key = b < d ? keys.data[l * d + b] : 1;
			for (let i = 0; i < width; i++) made.data[at++] = key * h.data[l * width + i];
		}
	}
	return made;
}
