import { KINDS } from "../head-ranges.ts";
import type { KeySums } from "../key-sizes.ts";
import type { SampledHead } from "../sampled-head.ts";
import type { SampledRow } from "./sampled-row.ts";

/** Rows with a θ of this or more are not sampled. */
const ROUNDED = 2 ** -12;

/** Ranges of the sums of a row, and the part of its bound that needs no draws. */
export interface RowRanges {
	/** At least |L_b|: Σ_l |e_jl y_lb| / D̃_j by the product of residuals. */
	readonly first: number;
	/** Weights of the squares of the sums, one for each kind, and w r² for their ranges r. */
	readonly weights: Float64Array;
	readonly squares: Float64Array;
	/** At least the effect of rounding, of pairs and of the row's means, on |L_b| plus the weighed squares. */
	readonly added: number;
}

/**
 * How far a row's gradient is from the exact one, with the sums of `SampledRow`:
 *
 *     Ĝ~_b − Ĝ_b = L_b + [x L_b / (1 − x) + (S_g S_kb − <S_h, M_b>) / (1 − x)² − ‖S_h‖² S_kb / (1 − x)³],
 *
 * without remainder. |x| <= ν < 1 and ‖S_h‖ / (1 − x) = ‖õ − o‖ have bounds of their own. By 2xy <= θx² + y²/θ the bracket is at most
 * a sum of weights times x², L_b², S_g², S_kb², ‖S_h‖² and ‖M_b‖². θ are ratios of ranges, for which the total range is least.
 */
export class RowBounds {
	readonly #head: SampledHead;
	/** Σ over keys with the weights H w / 2 + 2^-500. */
	readonly #rounding: KeySums;
	readonly #weights = new Float64Array(KINDS);
	readonly #squares = new Float64Array(KINDS);
	readonly #largestKey: number;

	constructor(head: SampledHead, rounding: KeySums) {
		this.#head = head;
		this.#rounding = rounding;
		this.#largestKey = head.keyHalf.reduce((most, half) => Math.max(most, half), 0);
	}

	/** The ranges of row j, which `row` has read; undefined where it cannot be sampled. The next call overwrites them. */
	of(j: number, row: SampledRow): RowRanges | undefined {
		const { alpha, normaliser, ones, least, outputs, theta } = this.#head;
		const nu = ones[j] / least[j];
		if (!(nu < 0.9 && theta[j] < ROUNDED && normaliser[j] > 0)) return undefined;
		const kappa = alpha[j] / normaliser[j];
		const range = row.envelopes.map(({ sum }) => kappa * sum);
		const moved = this.#moved(j, row, range[1]);
		const added = row.envelopes.map(
			(envelope, kind) =>
				row.proposed(envelope, this.#rounding) / normaliser[j] + moved[kind] + 4 * theta[j] * range[kind],
		);
		const [L, x, g, k, h, M] = range;
		const growth = 1 / (1 - nu) ** 2;
		const third = Math.min(Math.sqrt(row.output.length) * outputs[j], (h + added[4]) / (1 - nu));
		this.#weights.set([x / L, L / x, k / g, g / k + (third * h) / k, M / h + (third * k) / h, h / M]);
		let rest = added[0];
		for (let kind = 0; kind < KINDS; kind++) {
			const weight = (this.#weights[kind] *= growth / 2);
			this.#squares[kind] = weight * range[kind] ** 2;
			rest += weight * added[kind] * (2 * range[kind] + added[kind]);
		}
		if (!Number.isFinite(rest) || !this.#squares.every(Number.isFinite) || !(L > 0)) return undefined;
		return { first: L, weights: this.#weights, squares: this.#squares, added: rest };
	}

	/**
	 * Bounds on the errors of the sums that come from rounding of õ, m̃, c̃, C and Ĝ~. Means are off by at most 2.1 θ of their largest terms, C by 7 θ
	 * and Ĝ~ by 12 θ of theirs, and each number y, g, … by at most 64 θ of the sizes here. Weights f̃ add up to at most 1 + 2 α Σ β / D̃ in absolute value.
	 * @param ones α Σ β / D̃
	 */
	#moved(j: number, row: SampledRow, ones: number): readonly number[] {
		const { valueHalf, cotangents, theta } = this.#head;
		const d_v = valueHalf.length;
		const W = row.keyMean.reduce((most, mean) => Math.max(most, Math.abs(mean)), this.#largestKey) * 2;
		let [size, square] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const half = valueHalf[i] + Math.abs(row.output[i]);
			size += half * (Math.abs(cotangents.data[j * (d_v + 1) + i]) + half);
			square += half * half;
		}
		const factor = 64 * theta[j] * ones * (1 + 2 * ones);
		const H = Math.sqrt(square);
		return [size * W, 0, size, W, H, H * W].map((own) => factor * own);
	}
}
