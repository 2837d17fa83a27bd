import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { type RowCoins, uniformOf } from "./pair-coins.ts";
import { totalsPlaces } from "./pair-totals.ts";
import type { RecordPlaces } from "./row-record.ts";
import type { RowWeights } from "./row-weights.ts";
import type { KeyChoice, SampledKeys } from "./sampled-keys.ts";

const { KEY_CHOICES, PAIR_THRESHOLDS, PAIRS_OF_RUN } = kernelConstants;

/** Sizes beyond which products of bounds may leave the normal range: nothing is claimed then. */
const LARGEST = 2 ** 100;

/** How the pairs of rows are drawn. */
export interface PairPlan {
	readonly d: number;
	readonly degree: number;
	/** r. */
	readonly nodes: number;
	/** Of all of the gradient. */
	readonly factor: number;
	readonly valueHalfRange: ArrayLike<number>;
	/** The first threshold: about the mean bound of a run; from the data, not from coins. */
	readonly unit: number;
	/** Pairs of a row over its mean bound. */
	readonly rate: number;
	/** Pairs of a row on average, and of one row and of all rows of these sums at most. */
	readonly meanPairs: number;
	readonly mostOfRow: number;
	readonly most: number;
}

/**
 * Sums over pairs of a query and a key, drawn row by row in runs of `PAIRS_OF_RUN`: the keys of a run are consecutive ones of a bin from a
 * place on that coins choose, and for the change of the residual the run has one second key. The sum of a run's pairs is one independent
 * number with the mean that is wanted, however the keys are ordered. A pair stands for the first-order part of the gradient's error;
 * beside it the bound on it is summed, whose mean is known. Sums are kept by the size of a run's bound, in powers of two, so that the
 * threshold can be chosen afterwards.
 */
export class PairSums {
	/** As `totalsPlaces` says. */
	readonly totals: Float64Array;
	readonly #plan: PairPlan;
	readonly #keys: SampledKeys;
	readonly #choices: readonly KeyChoice[];
	readonly #places: RecordPlaces;
	readonly #at: ReturnType<typeof totalsPlaces>;
	/** Sums over the pairs of a run, without the row's own factors: of z, of the errors times values, and of the bounds. */
	readonly #z: Float64Array;
	readonly #moved: Float64Array;
	#bound = 0;

	constructor(plan: PairPlan, keys: SampledKeys, choices: readonly KeyChoice[], places: RecordPlaces) {
		const { d } = plan;
		this.#plan = plan;
		this.#keys = keys;
		this.#choices = choices;
		this.#places = places;
		this.#at = totalsPlaces(d);
		this.totals = new Float64Array(this.#at.length);
		this.#z = new Float64Array(d);
		this.#moved = new Float64Array(d);
	}

	/** Adds what is not drawn of a row with the record x, and its pairs. */
	addRow(x: Float64Array, weights: RowWeights, coins: RowCoins): void {
		const { factor, meanPairs, rate, mostOfRow, most } = this.#plan;
		const { totals } = this;
		const at = this.#at;
		const size = this.#addRest(x, weights) * factor;
		const known = size * weights.mean;
		totals[at.known] += known;
		let share = 0.1 * meanPairs;
		if (totals[at.shares] <= most) share += Math.min(rate * known, mostOfRow);
		totals[at.shares] += share;
		const runs = Math.max(1, Math.round(share / PAIRS_OF_RUN));
		// The run's own mean is taken off, whether it is drawn or not.
		const centre = known / runs;
		totals[at.largestCentre] = Math.max(totals[at.largestCentre], centre);
		totals[at.allCentres] += runs * centre * centre;
		if (share < PAIRS_OF_RUN && uniformOf(coins()) * PAIRS_OF_RUN >= share) return;
		const each = share < PAIRS_OF_RUN ? 1 / share : 1 / (runs * PAIRS_OF_RUN);
		for (let run = 0; run < runs; run++) {
			this.#drawRun(x, weights, coins);
			this.#addRun(x, size * each, factor * each, centre);
		}
		totals[at.drawn] += runs * PAIRS_OF_RUN;
	}

	/** Gives the row's largest |A1_ja|. */
	#addRest(x: Float64Array, { rest, bias, moved }: RowWeights): number {
		const { d, valueHalfRange } = this.#plan;
		const { input, residual } = this.#places;
		let [size, against, largest] = [0, 0, 0];
		for (let i = 0; i < d; i++) {
			const c = Math.abs(x[residual + i]);
			largest = Math.max(largest, c);
			against += 1.1 * valueHalfRange[i] * (4 * c + 2 * valueHalfRange[i]);
			size = Math.max(size, Math.abs(x[input + i]));
		}
		const remainder = largest < LARGEST && moved < 0.05 ? rest + bias : Number.POSITIVE_INFINITY;
		for (let a = 0; a < d; a++) {
			const own = Math.abs(x[input + a]);
			this.totals[this.#at.rest + a] += own * remainder;
			this.totals[this.#at.moved + a] += own * moved * against;
		}
		return size;
	}

	#addRun(x: Float64Array, size: number, factor: number, centre: number): void {
		const { d } = this.#plan;
		const { input, normaliser } = this.#places;
		const { totals } = this;
		const at = this.#at;
		const bound = (size * this.#bound) / x[normaliser];
		totals[at.total] += bound;
		const step = this.#stepOf(bound);
		if (step < 0) return;
		totals[at.bounds + step] += bound;
		totals[at.boundSquares + step] += (bound - centre) * (bound - centre);
		totals[at.centreSquares + step] += centre * centre;
		const all = factor / x[normaliser];
		for (let a = 0, entry = step * d * d; a < d; a++) {
			const of = all * x[input + a];
			for (let b = 0; b < d; b++, entry++) {
				const Y = of * this.#z[b];
				totals[at.sums + entry] += Y;
				totals[at.squares + entry] += Y * Y;
			}
		}
	}

	/** Which threshold is the first that a bound is within; −1 beyond all. */
	#stepOf(bound: number): number {
		let step = 0;
		for (let most = this.#plan.unit; bound > most; most *= 2) if (++step === PAIR_THRESHOLDS) return -1;
		return bound >= 0 ? step : -1;
	}

	/** The place of the first key of a run, and one over its chance. */
	#drawKey(coins: RowCoins): [place: number, weight: number] {
		const coin = coins();
		const { start, count, weight } = this.#choices[Number(coin & BigInt(KEY_CHOICES - 1))];
		return [start + Math.floor(uniformOf(coin) * count), weight];
	}

	/** Sets the sums of a run. */
	#drawRun(x: Float64Array, weights: RowWeights, coins: RowCoins): void {
		const { d, degree, nodes } = this.#plan;
		const { query, output, residual, gradient, coefficients, square, factor, offset, normaliser } = this.#places;
		const { data, stride } = this.#keys;
		const { A, B, C, A2, B2, C2, A3, B3, centre } = weights;
		const [first, weight] = this.#drawKey(coins);
		const [second, otherWeight] = this.#drawKey(coins);
		const other = second * stride;
		const [z, moved] = [this.#z.fill(0), this.#moved.fill(0)];
		const added = x[factor] * weights.squareSlack + x[offset] + weights.offsetSlack;
		// P, and Q = C w + ρ: at least |e^s − P(s)|, as computed too.
		const valueAt = (s: number): number => polynomialAt(x, coefficients, degree, s);
		const errorAt = (s: number): number => x[factor] * polynomialAt(x, square, 2 * nodes, s) + added;
		const scoreOf = (key: number): number => {
			let s = 0;
			for (let i = 0; i < d; i++) s += x[query + i] * data[key + i];
			return s;
		};
		const s2 = scoreOf(other);
		const share = (otherWeight * data[other + 2 * d]) / x[normaliser];
		const mass = share * (valueAt(s2) + 2 * errorAt(s2));
		const product = mass * (A2 + B2 * data[other + 2 * d + 1] + C2 * data[other + 2 * d + 2]);
		let [bound, errors] = [0, 0];
		for (let pair = 0, key = first * stride; pair < PAIRS_OF_RUN; pair++, key += stride) {
			const s = scoreOf(key);
			const scale = weight * data[key + 2 * d];
			const values = data[key + 2 * d + 1];
			bound += scale * errorAt(s) * (A + B * values + C * data[key + 2 * d + 2] + (A3 + B3 * values) * product);
			const error = scale * (Math.exp(s) - valueAt(s));
			errors += error;
			let y = 0;
			for (let i = 0; i < d; i++) {
				const value = data[key + d + i] - x[output + i];
				y += x[residual + i] * value;
				moved[i] += error * value;
			}
			for (let b = 0; b < d; b++) z[b] += error * y * (data[key + b] - centre[b]);
		}
		let third = 0;
		for (let i = 0; i < d; i++) third += moved[i] * (data[other + d + i] - x[output + i]);
		third *= share * valueAt(s2);
		for (let b = 0; b < d; b++) z[b] += third * (data[other + b] - centre[b]) - errors * x[gradient + b];
		this.#bound = bound * (1 + 1e-9);
	}
}

/** A polynomial at s, its coefficients from a place on. */
function polynomialAt(x: Float64Array, from: number, degree: number, s: number): number {
	let value = 0;
	for (let k = from + degree; k >= from; k--) value = value * s + x[k];
	return value;
}
