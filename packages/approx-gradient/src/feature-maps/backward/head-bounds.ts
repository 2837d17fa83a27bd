import { type Matrix, maxAbs } from "@attgrad/matrix-core";
import {
	LEAST_NORMAL,
	leastRest,
	maxUp,
	normUp,
	numberTypes,
	over,
	plus,
	Quantity,
	RelativeRounding,
	sizeUp,
	times,
} from "../../error-bound/index.ts";
import type { EntryErrors } from "../feature-map.ts";
import type { HeadSpans } from "./head-spans.ts";
import type { HeadErrors, PlainHead } from "./plain-head.ts";

/** Sizes of the key features of a head, and how its sums are made. */
export interface KeySizes {
	/** Σ_l |ψ_lm| and max_l |ψ_lm|, K numbers each. */
	readonly absolute: Float64Array;
	readonly largest: Float64Array;
	/** Σ_l β_l of the map's error. */
	readonly error: number;
	readonly rank: number;
	/** Rows of a block. */
	readonly rows: number;
}

/**
 * Bounds on the backward pass through a feature map that knows its errors (backward.md, Theorem A.1). With ‖f̃_j − f_j‖₁ <= τ_j, ν_j = 1 + τ_j,
 * A_j = Σ_i |dO_ji| H_i and every sum Σ_l Ã_jl x_l off by θ_j D_j max|x| through rounding, κ_j = 2 ν θ / (1 − θ):
 * dQ_j: scale · W (τ(3 + τ) + κ(1 + 2ν + κ)) A_j; an entry of dV: Σ_j (τ_j + ν θ/(1−θ) + ρ_j) |dO_ji|; of dK: scale · Σ_j (τ(3 + τ) +
 * (ν(1 + ν) θ/(1−θ) + νκ) + (1 + ν) ρ_j) A_j |Q_jb|, where ρ_j is the rounding of one product of features over D_j. O(n (K + d + d_v)).
 */
export class HeadBounds {
	readonly #head: PlainHead;
	readonly #error: EntryErrors;
	readonly #spans: HeadSpans;
	readonly #keys: KeySizes;
	readonly #dQ: Float64Array;
	readonly #dK: Float64Array;
	readonly #dV: Float64Array;
	/** The least normaliser and the largest query feature so far. */
	#leastNormaliser = Number.POSITIVE_INFINITY;
	#largestFeature = 0;

	constructor(head: PlainHead, error: EntryErrors, spans: HeadSpans, keys: KeySizes) {
		this.#head = head;
		this.#error = error;
		this.#spans = spans;
		this.#keys = keys;
		this.#dQ = new Float64Array(head.Q.rows);
		this.#dK = new Float64Array(head.Q.cols);
		this.#dV = new Float64Array(head.V.cols);
	}

	/** @param normalisers D_j as it was computed; 0 for a row that is exact */
	add(from: number, queries: Matrix, features: Matrix, normalisers: Float64Array): void {
		const error = this.#error;
		const alpha = error.kind === "product" ? error.queries(queries, features) : undefined;
		for (let j = 0; j < queries.rows; j++) {
			const D = normalisers[j];
			const row = from + j;
			if (D !== 0) this.#leastNormaliser = Math.min(this.#leastNormaliser, D);
			this.#largestFeature = Math.max(this.#largestFeature, sizeUp(features.row(j)));
			if (D === 0)
				this.#take(row, queries.row(j), {
					tau: 0,
					theta: this.#exactTheta(queries.row(j)),
					product: RelativeRounding.roundings(this.#head.Q.rows + 8).bound,
				});
			else this.#take(row, queries.row(j), this.#mapped(features.row(j), D, alpha?.[j]));
		}
	}

	result(): HeadErrors {
		const lost = this.#lostBelow();
		return {
			dQ: this.#dQ.map((bound) => plus(bound, lost)),
			dK: plus(maxUp(this.#dK), lost),
			dV: plus(maxUp(this.#dV), lost),
		};
	}

	/** At least what an entry loses where products are below the normal range: of features with values and keys, and over D_j. */
	#lostBelow(): number {
		const { Q, K, V, dO, scale } = this.#head;
		const count = (Q.rows + K.rows) * (this.#keys.rank + 16) * (K.cols + V.cols);
		const sizes = [Q, K, V, dO].reduce((size, rows) => times(size, plus(1, maxAbs(rows))), plus(1, scale));
		const features = times(plus(1, maxUp(this.#keys.largest)), plus(1, this.#largestFeature));
		const inverse = Number.isFinite(this.#leastNormaliser) ? plus(1, over(1, this.#leastNormaliser)) : 1;
		return times(times(times(count, LEAST_NORMAL), sizes), times(features, inverse));
	}

	/** Relative rounding of the sums of a row whose scores are made one by one: of the scores, of the exponentials, of the sums. */
	#exactTheta(query: ArrayLike<number>): number {
		const { K, V } = this.#head;
		const score = times(2, times(normUp(query), this.#spans.keyNorm));
		const sizes = maxUp(
			this.#spans.valueSpan.map((span, i) => over(plus(span, Math.abs(this.#spans.valueCentre[i])), span)),
		);
		// values are not centred there: their rounding is relative to their size
		const sums = times(RelativeRounding.roundings(K.rows + 4 * V.cols + 16).bound, Math.max(1, sizes));
		const weights = RelativeRounding.exponential(Quantity.sumOfProducts(score, 2 * K.cols + 8))
			.and(RelativeRounding.roundings(2 * K.cols + 8))
			.repeated(2);
		return plus(times(2, sums), weights.bound);
	}

	/** Bounds on the errors that a row of features causes. */
	#mapped(features: ArrayLike<number>, D: number, alpha: number | undefined) {
		const error = this.#error;
		const { absolute, largest, rank, rows } = this.#keys;
		const [n_q, n_k] = [this.#head.Q.rows, this.#head.K.rows];
		const { query: ofQuery, key: ofKey } = error.underflow;
		let [sizes, lost, product, lostProduct] = [0, times(rank * n_k, LEAST_NORMAL), 0, times(rank, LEAST_NORMAL)];
		for (let m = 0; m < rank; m++) {
			const size = Math.abs(features[m]);
			sizes = plus(sizes, times(size, absolute[m]));
			lost = plus(lost, plus(times(ofQuery, absolute[m]), times(times(n_k, ofKey), plus(size, ofQuery))));
			product = plus(product, times(size, largest[m]));
			lostProduct = plus(lostProduct, plus(times(ofQuery, largest[m]), times(ofKey, plus(size, ofQuery))));
		}
		const sums = (n: number) => error.rounding.and(RelativeRounding.roundings(rows + n / rows + rank + 16));
		const theta = over(plus(times(sums(n_k).bound, sizes), lost), D);
		const least = leastRest(D, times(theta, D));
		const tau =
			error.kind === "relative"
				? over(2 * error.delta, leastRest(1, error.delta))
				: over(times(times(2, alpha ?? Number.POSITIVE_INFINITY), this.#keys.error), least);
		const ofProduct = sums(n_q).and(RelativeRounding.roundings(this.#head.V.cols)).bound;
		// Weights that are off by a part of themselves move sums, and single products, by that part of (1 + τ) D̃.
		const relative = error.kind === "product" ? error.relative.ofSum(times(2, plus(1, tau))).bound : 0;
		return {
			tau,
			theta: plus(theta, relative),
			product: plus(over(plus(times(ofProduct, product), lostProduct), least), relative),
		};
	}

	#take(row: number, query: ArrayLike<number>, known: { tau: number; theta: number; product: number }): void {
		const { Q, V, dO, scale } = this.#head;
		const { keySpan, keyNorm, valueSpan } = this.#spans;
		// the map sees scale · Q rounded
		const scores = Quantity.sumOfProducts(times(normUp(query), keyNorm), 4);
		const moved = RelativeRounding.exponential(scores, numberTypes.f64, 0).bound;
		const tau = plus(known.tau, times(2, moved));
		const { theta, product } = known;
		const nu = plus(1, tau);
		let A = 0;
		for (let i = 0; i < V.cols; i++) A = plus(A, times(Math.abs(dO.at(row, i)), valueSpan[i]));
		const inverse = RelativeRounding.proven(theta).and(RelativeRounding.roundings(8)).bound;
		const kappa = times(nu, plus(times(2, inverse), RelativeRounding.roundings(2 * V.cols + 16).bound));
		const method = times(tau, plus(3, tau));
		const ofQuery = plus(method, times(kappa, plus(1, plus(times(2, nu), kappa))));
		this.#dQ[row] = times(times(scale, maxUp(keySpan)), times(ofQuery, A));
		const both = plus(1, nu);
		const ofKey = plus(method, plus(times(nu, plus(times(both, inverse), kappa)), times(both, product)));
		const ofValue = plus(tau, plus(times(nu, inverse), product));
		for (let b = 0; b < Q.cols; b++)
			this.#dK[b] = plus(this.#dK[b], times(times(scale, times(ofKey, A)), Math.abs(Q.at(row, b))));
		for (let i = 0; i < V.cols; i++) this.#dV[i] = plus(this.#dV[i], times(ofValue, Math.abs(dO.at(row, i))));
	}
}
