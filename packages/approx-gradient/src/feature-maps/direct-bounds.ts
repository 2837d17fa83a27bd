import { Matrix } from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, leastRest, over, plus, RelativeRounding, rootUp, times } from "../error-bound/index.ts";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { Spans } from "../rows/spans.ts";
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

/** Bounds on the effect that the errors e_jl of a row's entries have on a sum over keys. */
export interface RowReach {
	/** α_j: |Σ_l e_jl z_l|² <= α_j² zᵀRz for every z, R the residual matrix of the keys. */
	readonly alpha: Float64Array;
	/** ρ_j: |Σ_l e_jl z_l| <= ρ_j ‖z‖₂ for every z. */
	readonly sums: Float64Array;
	/** At least |Σ_l e_jl|. */
	readonly ones: Float64Array;
	/** At most D̃_j. */
	readonly normaliser: Float64Array;
}

/** Half-ranges of keys and of values. */
export type DirectSpans = Pick<Spans, "keyHalf" | "valueHalf">;

/** Results of a block of rows. */
export interface DirectRows {
	readonly residuals: Pick<ResidualRows, "normaliser" | "cotangents">;
	/** Whether the cotangents are the outputs less a target, and off as these are. @default true */
	readonly ofTarget?: boolean;
	/** Ã h', count x (d+1). */
	readonly N: Matrix;
	/** Ĝ~, count x d. */
	readonly gradients: Matrix;
	/** m̃_j = Σ_l f̃_jl k'_l, count x d; without them nothing is said. */
	readonly keyMeans?: Matrix;
}

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

/** Bounds of a block of rows. */
export interface DirectRowBounds {
	/** t_j: |Ĝ~ − Ĝ|_jb <= W_b t_j. Infinity where D may not be positive. */
	readonly relative: Float64Array;
	/** At least |Ĝ~ − Ĝ|_jb for every b, without what the error of a target adds. */
	readonly largest: Float64Array;
	/** At least |Σ_l e_jl| and |Σ_l e_jl (g_l − δ̃_j)|. */
	readonly ones: Float64Array;
	readonly ofCotangents: Float64Array;
	/** At least |õ − o|_ji for every i. */
	readonly outputs: Float64Array;
}

/** The widest problem for which the moments with keys, (d_v+1)² (2d+1) numbers, are made. */
const WIDEST = 32;

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
	#slack = 0;
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
		this.#keys += h.rows;
		this.#spread = plus(this.#spread, spread);
		for (const x of beta) this.#squares = plus(this.#squares, times(x, x));
		this.#ofResiduals = residual !== undefined && !this.#wide;
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
	addForms(forms: BlockForms, { beta, spread }: Pick<DirectKeys, "beta" | "spread">): void {
		this.#keys += beta.length;
		this.#spread = plus(this.#spread, spread);
		for (const x of beta) this.#squares = plus(this.#squares, times(x, x));
		this.#ofResiduals = true;
		this.#addForms(forms);
	}

	#addForms({ own, cross, groups, slack }: BlockForms): void {
		const [d, width] = [this.#d, this.#width];
		this.#groups += groups;
		this.#slack = Math.max(this.#slack, slack);
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
	 * @param product for the forms of the cotangents, or these forms themselves
	 */
	async of(
		rows: DirectRows,
		reach: RowReach,
		theta: ArrayLike<number>,
		product: Product | Matrix,
	): Promise<DirectRowBounds> {
		const { cotangents } = rows.residuals;
		const forms = product instanceof Matrix ? product : await product(symmetricPairs(cotangents), this.moments);
		const count = rows.gradients.rows;
		const made = () => new Float64Array(count);
		const bounds = { relative: made(), largest: made(), ones: made(), ofCotangents: made(), outputs: made() };
		const d_v = this.#width - 1;
		const known: KnownForms = {
			scale: this.#scale(),
			values: Float64Array.from({ length: d_v }, (_, i) => this.#momentOf(i, i)),
			valueSums: Float64Array.from({ length: d_v }, (_, i) => this.#momentOf(i, d_v)),
			ones: this.#momentOf(d_v, d_v),
			keyGrowth: RelativeRounding.roundings(2 * d_v + 64).atLeast(1),
			growth: RelativeRounding.roundings(4 * this.#d + 4 * d_v + 256),
			rootN: rootUp(this.#keys),
			valueSquares: this.#spans.valueHalf.reduce((sum, half) => plus(sum, times(half, half)), 0),
		};
		for (let j = 0; j < count; j++) this.#addRow(j, rows, forms, reach, theta[j], known, bounds);
		return bounds;
	}

	/**
	 * The bounds of a row. Numbers >= 0 are multiplied, added and divided as they are, since `growth` makes up for the roundings of all that follow one
	 * another; what may be below the normal range is raised to the least normal number.
	 */
	#addRow(
		j: number,
		{ residuals, N, gradients, keyMeans, ofTarget = true }: DirectRows,
		forms: Matrix,
		reach: RowReach,
		theta: number,
		known: KnownForms,
		bounds: DirectRowBounds,
	): void {
		const { valueHalf } = this.#spans;
		const { factor, added, lost } = known.scale;
		const [alpha, d_v] = [reach.alpha[j], valueHalf.length];
		const size = (form: number, Z: number, C: number): number =>
			lifted(alpha * Math.sqrt(lifted(factor * (Math.max(0, form) + (added * Z * Z + lost * (1 + C) * (1 + C))))));
		const { data: c } = residuals.cotangents;
		let Z = Math.abs(c[j * (d_v + 1) + d_v]);
		let C = Z;
		for (let i = 0; i < d_v; i++) {
			const own = Math.abs(c[j * (d_v + 1) + i]);
			Z += lifted(own * valueHalf[i]);
			C += own;
		}
		const last = (j + 1) * forms.cols - 1;
		const ones = Math.min(reach.ones[j], times(known.keyGrowth, size(known.ones, 1, 1)));
		const ofG = times(known.keyGrowth, size(forms.data[last], Z, C));
		const D = leastRest(reach.normaliser[j], ones);
		bounds.ones[j] = ones;
		bounds.ofCotangents[j] = ofG;
		if (!(D > 0 && Number.isFinite(alpha)) || keyMeans === undefined) {
			bounds.relative[j] = bounds.largest[j] = bounds.outputs[j] = Number.POSITIVE_INFINITY;
			return;
		}
		let [output, outputs] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const mean = N.data[j * (d_v + 1) + i] / residuals.normaliser[j];
			const form = known.values[i] - 2 * mean * known.valueSums[i] + mean * mean * known.ones;
			const change = lifted(size(form, valueHalf[i] + Math.abs(mean), 1 + Math.abs(mean)) / D);
			outputs = Math.max(outputs, change);
			if (ofTarget) output += lifted(change * valueHalf[i]);
		}
		bounds.outputs[j] = times(known.keyGrowth, bounded(outputs));
		const terms = this.#termsOf(j, { gradients, keyMeans }, forms, { size, Z, C, D, ones, ofG, own: known.ones });
		// Rounding moves the outputs by 2θH, and with them the terms whose sizes were taken.
		const moved = times(times(32, theta), times(times(over(reach.sums[j], D), known.rootN), known.valueSquares));
		// Means, cotangents and gradients are as computed.
		const grown = known.growth.atLeast(plus(1, times(8, theta)));
		bounds.relative[j] = times(grown, plus(plus(bounded(terms.relative), output), plus(moved, LEAST_NORMAL)));
		bounds.largest[j] = times(grown, plus(terms.largest, LEAST_NORMAL));
	}

	/** The largest of the entries of a row's gradient, over the half-range of the keys and as it is. */
	#termsOf(
		j: number,
		{ gradients, keyMeans }: { readonly gradients: Matrix; readonly keyMeans: Matrix },
		forms: Matrix,
		{ size, Z, C, D, ones, ofG, own }: RowSizes,
	): { readonly relative: number; readonly largest: number } {
		const { keyHalf } = this.#spans;
		const d = this.#d;
		const [from, last] = [j * forms.cols, (j + 1) * forms.cols - 1];
		const shareOfG = lifted(ofG / D);
		let [relative, largest] = [0, 0];
		for (let b = 0; b < d; b++) {
			const W = keyHalf[b];
			if (W === 0) continue;
			const mean = keyMeans.data[j * d + b];
			const [wide, factor] = [W + Math.abs(mean), 1 + Math.abs(mean)];
			const ofTerms = this.#wide
				? lifted(wide * ofG)
				: size(
						forms.data[from + b] - 2 * mean * forms.data[from + d + b] + mean * mean * forms.data[last],
						lifted(Z * wide),
						lifted(C * factor),
					);
			const ofKey = size(this.#keySquares[b] - 2 * mean * this.#keySums[b] + mean * mean * own, wide, factor);
			const first = lifted((ofTerms + lifted(ones * Math.abs(gradients.data[j * d + b]))) / D);
			const all = first + lifted(shareOfG * lifted(ofKey / D));
			relative = Math.max(relative, all / W);
			largest = Math.max(largest, all);
		}
		return { relative, largest };
	}

	/**
	 * The factors that turn forms into bounds. A form is off by its roundings, relative to the same form of absolute values: at most 4 s Σβ² Z² for residual
	 * matrices, whose entries are at most β_l β_m but for their slack, and n Z² for sums of products.
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
			added: plus(times(unit, size), times(this.#slack, this.#keys)),
			lost: lostOf(this.#squares),
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

/** Numbers of all rows of a block. */
interface KnownForms {
	readonly scale: FormScale;
	/** Forms of h_i with itself and with ones, and of ones. */
	readonly values: Float64Array;
	readonly valueSums: Float64Array;
	readonly ones: number;
	/** Roundings of the size of a form, and of all that follows. */
	readonly keyGrowth: number;
	readonly growth: RelativeRounding;
	readonly rootN: number;
	/** Σ H_i². */
	readonly valueSquares: number;
}

/** Sizes of a row. */
interface RowSizes {
	/** At least |Σ_l e_jl z_l| from the form of z, up to roundings. */
	readonly size: (form: number, Z: number, C: number) => number;
	/** Σ |c'_i| H_i and Σ |c'_i|. */
	readonly Z: number;
	readonly C: number;
	readonly D: number;
	readonly ones: number;
	readonly ofG: number;
	readonly own: number;
}

/** A number >= 0, raised to the least normal one: its relative precision is lost below. No number stays none. */
const lifted = (x: number): number => Math.max(x, LEAST_NORMAL);

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
