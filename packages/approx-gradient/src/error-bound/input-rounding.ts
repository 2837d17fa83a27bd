import { type Dtype, unitRoundoff } from "@attgrad/matrix-core";
import { type NumberType, numberTypes } from "./number-type.ts";
import { bounded, dotUp, maxUp, plus, sumUp, times } from "./upward.ts";

/** Largest sizes of what was given, for each column or as a whole. */
export interface InputSizes {
	readonly scale: number;
	/** |A1|, |E|, |X|, |A3|, |Y|: largest entries. */
	readonly inputs: number;
	readonly targets: number;
	readonly X: number;
	readonly valueInputs: number;
	readonly Y: number;
	/** max_l |A2_lb|. */
	readonly keys: ArrayLike<number>;
	/** max_l |k_lb| about the centre. */
	readonly keySpan: ArrayLike<number>;
	/** max_l Σ_a |A3_la Y_ai|. */
	readonly valueProducts: ArrayLike<number>;
	/** H_i, |η_i|: half-range and centre of the values. */
	readonly valueHalf: ArrayLike<number>;
	readonly valueCentre: ArrayLike<number>;
}

/** A row, or what stands for several: sizes as in `RowFacts`. */
export interface RoundedRow {
	/** |q_jb|, about no centre, and scale · Σ_a |A1_ja X_ab|. */
	readonly query: ArrayLike<number>;
	readonly queryProducts: ArrayLike<number>;
	/** |c̃_ji|. */
	readonly residuals: ArrayLike<number>;
	/** ‖f̃_j - f_j‖₁. */
	readonly l1: number;
}

/** Absolute changes of what a row's Ĝ_j is made of: |ΔĜ_jb| <= ofSpan · |k_b| + ofKeys · |δk_b|. */
export interface RowChange {
	readonly ofSpan: number;
	readonly ofKeys: number;
}

/**
 * How far the exact gradient and output of the numbers that were read are from those of the numbers that were given, where
 * they were rounded in between. Matrix by matrix, every other one given or rounded, so that nothing is of second order:
 *
 * - scores move by at most σ up to what is common to a row, and the weights by τ = 2 tanh(σ/2) in L1: paper.md 7.4;
 * - values move by e_i: Ĝ by 2 W Σ e_i (H_i + |c_i|); targets: by W Σ |δE_i| H_i; keys: by |δk_b| Σ |c_i| H_i;
 * - A1: by its relative change of the row's part.
 */
export class InputRounding {
	readonly #sizes: InputSizes;
	readonly #unit: number;
	readonly #tiny: number;
	/** |δk_b|, and the largest of them. */
	readonly keyErrors: Float64Array;
	readonly #valueErrors: Float64Array;
	readonly #values: Float64Array;

	private constructor(sizes: InputSizes, { unit, tiny }: NumberType) {
		const { valueInputs, Y, keys, valueProducts, valueHalf } = sizes;
		this.#sizes = sizes;
		// |given - read| <= u |given| + tiny, and |given| is as near to |read|.
		this.#unit = unit * (1 + 4 * unit);
		this.#tiny = tiny;
		const products = plus(times(2, this.#unit), times(this.#unit, this.#unit));
		const lost = times(valueProducts.length, times(tiny, plus(plus(valueInputs, Y), 1)));
		this.keyErrors = Float64Array.from(keys, (size) => this.#off(size));
		this.#valueErrors = Float64Array.from(valueProducts, (size) => plus(times(products, size), lost));
		this.#values = Float64Array.from(valueHalf, (half, i) => plus(half, this.#valueErrors[i]));
	}

	/** For a problem whose entries were rounded from a wider type to `dtype`; undefined where they were not. */
	static of(dtype: Dtype, roundedFrom: Dtype | undefined, sizes: () => InputSizes): InputRounding | undefined {
		if (roundedFrom === undefined || unitRoundoff(roundedFrom) >= unitRoundoff(dtype)) return undefined;
		return new InputRounding(sizes(), numberTypes[dtype]);
	}

	/** How far a number of this size may be from the given one, which need not be 0 where it is. */
	#off = (size: number): number => plus(times(this.#unit, size), this.#tiny);

	/** τ: how far the softmax weights of a row move in L1. */
	weights({ query, queryProducts }: RoundedRow): number {
		const { scale, inputs, X, keySpan } = this.#sizes;
		const products = plus(times(2, this.#unit), times(this.#unit, this.#unit));
		const lost = times(query.length * scale, times(this.#tiny, plus(plus(inputs, X), 1)));
		let sigma = 0;
		for (let b = 0; b < query.length; b++) {
			const moved = plus(times(products, queryProducts[b]), lost);
			sigma = plus(sigma, plus(times(moved, plus(keySpan[b], this.keyErrors[b])), times(query[b], this.keyErrors[b])));
		}
		return sigma === 0 ? 0 : Math.min(2, bounded(2 * Math.tanh(sigma / 2) * (1 + 32 * unitRoundoff("f64"))));
	}

	/** The change of a row of the gradient. */
	row(row: RoundedRow): RowChange {
		const { valueCentre } = this.#sizes;
		const H = this.#values;
		const tau = this.weights(row);
		const e = this.#valueErrors;
		const targets = Float64Array.from(H, (half, i) =>
			plus(times(this.#unit, plus(row.residuals[i] + Math.abs(valueCentre[i]), times(1 + row.l1, half))), this.#tiny),
		);
		const c = Float64Array.from(H, (half, i) =>
			plus(plus(row.residuals[i], times(row.l1 + tau, half)), plus(times(2, e[i]), targets[i])),
		);
		const [A, Q] = [dotUp(H, c), dotUp(H, H)];
		const ofWeights = times(tau, plus(times(3 + tau, A), Q));
		const ofValues = times(
			2,
			dotUp(
				e,
				H.map((half, i) => plus(half, c[i])),
			),
		);
		return { ofSpan: sumUp([ofWeights, ofValues, dotUp(targets, H), times(this.#unit, A)]), ofKeys: A };
	}

	/** The largest change of an output õ_ji of a row, over i. */
	output(row: RoundedRow): number {
		const tau = this.weights(row);
		return maxUp(this.#values.map((half, i) => plus(times(tau, half), this.#valueErrors[i])));
	}

	/**
	 * The change of the gradient from rows whose changes, times |A1_ja|, are summed to `change`.
	 * @param largest |q_b| and the sizes of its products at most, over all rows
	 * @param n rows, each entry of which may have been below the normal range
	 */
	total(change: RowChange, largest: Pick<RoundedRow, "query" | "queryProducts">, n: number): number {
		const { scale, keySpan, valueCentre, targets } = this.#sizes;
		// The loss of subnormal entries of A1 multiplies the exact residual of any row.
		const residuals = this.#values.map((half, i) => plus(targets, plus(half, Math.abs(valueCentre[i]))));
		const worst = this.row({ ...largest, residuals, l1: 0 });
		const lost = times(n, this.#tiny);
		const all = plus(worst.ofSpan, worst.ofKeys);
		const span = maxUp(Float64Array.from(keySpan, (size, b) => plus(size, this.keyErrors[b])));
		const ofSpan = plus(change.ofSpan, times(lost, all));
		return times(scale, plus(times(ofSpan, span), times(plus(change.ofKeys, times(lost, all)), maxUp(this.keyErrors))));
	}
}
