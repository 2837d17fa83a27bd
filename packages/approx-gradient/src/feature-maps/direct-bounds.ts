import { Matrix, mapEntries, type Numbers, type ProductOptions } from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, leastRest, over, plus, times } from "../error-bound/index.ts";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { Spans } from "../rows/spans.ts";

/** Bounds on the effect that the errors e_jl of a row's entries have on a sum over keys. */
export interface RowReach {
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
	/** m̃_j = Σ_l f̃_jl k'_l, count x d; without them no key is nearer to its mean than the half-range allows. */
	readonly keyMeans?: Matrix;
}

/** The widest problem for which the moments with keys, (d+1)² (2d+1) numbers, are made. */
const WIDEST = 32;

const u = 2 ** -53;

/** Covers the rounding of the bounds themselves, sums of few numbers. */
const SLACK = 1 + 1e-9;

/**
 * A bound of each row's gradient from the sizes of its own terms, where |Σ_l e_jl z_l| <= ρ_j ‖z‖₂: with g_l = <c̃_j, h_l>, δ̃ = Σ f̃ g,
 * z_lb = (g_l − δ̃)(k_lb − m̃_b) and D = D̃ − Σ e the normaliser,
 *
 *     Ĝ~_b − Ĝ_b = Σ_l e_l (z_lb − Ĝ~_b) / D + Σ_l e_l (g_l − δ̃) · Σ_l e_l (k_lb − m̃_b) / D² + Σ_i (õ − o)_i Cov_f(h_i, k_b),
 *
 * all of it exactly: no term sums over queries and none takes the largest key for all of them, as the L1 form does. Norms over all keys are
 * quadratic forms of the row's cotangents in the moments Σ h' h'ᵀ k^p, p = 0, 1, 2. O((d+1)² (2d+1)) a row and a key.
 */
export class DirectBounds {
	readonly #spans: DirectSpans;
	readonly #d: number;
	/** Of values, with the ones. */
	readonly #width: number;
	readonly #wide: boolean;
	#keys = 0;
	/** Σ_l h'_i h'_j (k_1², …, k_d², k_1, …, k_d, 1), (d+1)² rows; the last column alone where the problem is wide. */
	#moments: Matrix | undefined;
	/** Σ_l k_b² and Σ_l k_b. */
	readonly #keySquares: Float64Array;
	readonly #keySums: Float64Array;

	constructor(spans: DirectSpans) {
		this.#spans = spans;
		this.#d = spans.keyHalf.length;
		this.#width = spans.valueHalf.length + 1;
		this.#wide = this.#d > WIDEST;
		this.#keySquares = new Float64Array(this.#d);
		this.#keySums = new Float64Array(this.#d);
	}

	/** Takes in a block of centred values h', count x (d+1), and centred keys, count x d. */
	async add(
		h: Matrix,
		keys: Matrix,
		product: (A: Matrix, B: Matrix, options: ProductOptions) => Promise<Matrix>,
	): Promise<void> {
		const d = this.#d;
		const powers = this.#wide ? 0 : d;
		const width = this.#width;
		const pairs = Matrix.zeros(h.rows, width ** 2);
		const right = Matrix.zeros(h.rows, 2 * powers + 1);
		for (let l = 0, at = 0; l < h.rows; l++) {
			const [value, key, to] = [h.row(l), keys.row(l), right.row(l)];
			for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) pairs.data[at++] = value[i] * value[j];
			for (let b = 0; b < d; b++) {
				this.#keySquares[b] += key[b] * key[b];
				this.#keySums[b] += key[b];
			}
			for (let b = 0; b < powers; b++) {
				to[b] = key[b] * key[b];
				to[powers + b] = key[b];
			}
			to[2 * powers] = 1;
		}
		this.#keys += h.rows;
		const part = await product(pairs, right, { transposeA: true });
		if (this.#moments) for (let at = 0; at < part.data.length; at++) this.#moments.data[at] += part.data[at];
		this.#moments ??= part;
	}

	/**
	 * t_j of each row: |Ĝ~ − Ĝ|_jb <= W_b t_j. Infinity where D may not be positive.
	 * @param rounding θ_j of the sums that the results are made of
	 */
	async of(
		{ residuals, N, gradients, keyMeans, ofTarget = true }: DirectRows,
		reach: RowReach,
		rounding: Float64Array,
		product: (A: Matrix, B: Matrix, options: ProductOptions) => Promise<Matrix>,
	): Promise<Float64Array> {
		const { keyHalf, valueHalf } = this.#spans;
		const d = this.#d;
		const n = this.#keys;
		const rootN = Math.sqrt(n) * SLACK;
		const valueSquares = valueHalf.reduce((sum, half) => plus(sum, times(half, half)), 0);
		const quadratic = await this.#quadratic(residuals.cotangents, product);
		return Float64Array.from({ length: gradients.rows }, (_, j) => {
			const rho = reach.sums[j];
			const D = leastRest(reach.normaliser[j], Math.min(reach.ones[j], times(rho, rootN)));
			if (!(D > 0 && Number.isFinite(rho))) return Number.POSITIVE_INFINITY;
			const [forms, diagonals] = [quadratic.forms.row(j), quadratic.diagonals.row(j)];
			const ofG = this.#normOf(forms[forms.length - 1], diagonals[forms.length - 1]);
			const share = over(rho, D);
			let output = 0;
			for (let i = 0; ofTarget && i < this.#width - 1; i++) {
				const mean = N.at(j, i) / residuals.normaliser[j];
				const change = times(share, this.#distance(this.#momentOf(i, i), this.#momentOf(i, this.#width - 1), mean));
				output = plus(output, times(change, valueHalf[i]));
			}
			let most = 0;
			for (let b = 0; b < d; b++) {
				const W = keyHalf[b];
				if (W === 0) continue;
				const mean = keyMeans?.at(j, b);
				const [ofKey, ofTerms] = [this.#keyDistance(b, mean), this.#termNorm(b, mean, ofG, forms, diagonals)];
				const first = times(share, plus(ofTerms, times(rootN, Math.abs(gradients.at(j, b)))));
				const second = times(times(share, ofG), times(share, ofKey));
				most = Math.max(most, over(plus(first, second), W));
			}
			// Rounding moves the outputs by 2θH, and with them the terms whose sizes were taken.
			const moved = times(times(32, rounding[j]), times(times(share, rootN), valueSquares));
			const all = plus(plus(most, output), plus(moved, LEAST_NORMAL));
			return bounded(SLACK * times(all, plus(1, times(8, rounding[j]))));
		});
	}

	/** c'ᵀ M c' of each column of moments, a row for each row c', and (Σ_i |c'_i| √M_ii)², which no rounding of the former is large against. */
	async #quadratic(
		cotangents: Matrix,
		product: (A: Matrix, B: Matrix, options: ProductOptions) => Promise<Matrix>,
	): Promise<{ forms: Matrix; diagonals: Matrix }> {
		const width = this.#width;
		const moments = this.#moments ?? Matrix.zeros(width * width, 1);
		const pairs = Matrix.zeros(cotangents.rows, width * width);
		for (let j = 0, at = 0; j < cotangents.rows; j++) {
			const c = cotangents.row(j);
			for (let i = 0; i < width; i++) for (let k = 0; k < width; k++) pairs.data[at++] = c[i] * c[k];
		}
		const sizes = mapEntries(cotangents, Math.abs);
		const roots = Matrix.build(width, moments.cols, (i, p) => Math.sqrt(Math.max(0, moments.at(i * width + i, p))));
		const diagonals = mapEntries(await product(sizes, roots, {}), (x) => x * x);
		return { forms: await product(pairs, moments, {}), diagonals };
	}

	/** ‖z_b‖₂ at most. */
	#termNorm(b: number, mean: number | undefined, ofG: number, forms: Numbers, diagonals: Numbers): number {
		const W = this.#spans.keyHalf[b];
		// No key is further from the midrange than W, nor is a mean that weights make; that of f̃ may be.
		const wide = times(plus(W, Math.abs(mean ?? 0)), ofG);
		if (this.#wide || mean === undefined) return mean === undefined ? Number.POSITIVE_INFINITY : wide;
		const d = this.#d;
		const last = forms.length - 1;
		const square = forms[b] - 2 * mean * forms[d + b] + mean * mean * forms[last];
		const size = 2 * (diagonals[b] + mean * mean * diagonals[last]);
		return Math.min(wide, this.#normOf(square, size));
	}

	/** √(Σ_l (k_b − mean)²) at most. */
	#keyDistance(b: number, mean: number | undefined): number {
		if (mean === undefined) return Number.POSITIVE_INFINITY;
		return this.#distance(this.#keySquares[b], this.#keySums[b], mean);
	}

	#distance(squares: number, sum: number, mean: number): number {
		const n = this.#keys;
		return this.#normOf(squares - 2 * mean * sum + n * mean * mean, 2 * (squares + n * mean * mean));
	}

	#momentOf(i: number, k: number): number {
		const moments = this.#moments;
		return moments ? moments.at(i * this.#width + k, moments.cols - 1) : 0;
	}

	/** The root of a sum of squares that was computed from terms of that size in all: n additions and the few of a form. */
	#normOf(square: number, size: number): number {
		const rounding = times(4 * (this.#keys + 4 * this.#d + 16) * u, size);
		return SLACK * Math.sqrt(plus(Math.max(0, square), plus(rounding, this.#keys * LEAST_NORMAL)));
	}
}
