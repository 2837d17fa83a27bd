import type { Random } from "@attgrad/matrix-core";
import { DEVIATION_CHOICES, deviation } from "./concentration.ts";
import type { RecordPlaces } from "./row-record.ts";
import type { RowWeights } from "./row-weights.ts";
import type { KeyTable } from "./sampled-keys.ts";

/** Thresholds of the bound on a pair: unit · 2^i. Those above the last are left to the tail. */
const THRESHOLDS = 16;

/** Pairs of a row that are drawn with one random place, at most. */
export const RUN = 8;

/** Sizes that a sampler's rows and keys have. */
export interface PairShape {
	readonly d: number;
	readonly n: number;
	readonly degree: number;
	/** r. */
	readonly nodes: number;
}

/**
 * Sums over pairs of a query and a key (and for the change of the residual a second key), drawn row by row in runs: the keys of a run are consecutive
 * places of a table, from a place on that coins choose. The sum of a run's pairs is one independent number with the mean that
 * is wanted, however the table is ordered. A pair stands for the first-order part of the gradient's error; beside it the bound on it is
 * summed, whose mean is known. Sums are kept by the size of a run's bound, in powers of two, so that the threshold can be chosen afterwards.
 */
export class PairSums {
	/** Pairs that were drawn. */
	drawn = 0;
	readonly #shape: PairShape;
	readonly #table: KeyTable;
	readonly #places: RecordPlaces;
	readonly #random: Random;
	/** The first threshold: about the mean bound of a run. */
	readonly #unit: number;
	readonly #sums: Float64Array;
	readonly #squares: Float64Array;
	readonly #bounds: Float64Array;
	readonly #boundSquares: Float64Array;
	readonly #centreSquares: Float64Array;
	#allCentres = 0;
	#largestCentre = 0;
	/** Σ of the bounds of all pairs, for the rounding of sums. */
	#total = 0;
	/** Sums over the pairs of a row, without the row's own factors: of z, and of the bounds. */
	readonly #z: Float64Array;
	#bound = 0;

	/**
	 * @param unit about the mean bound of a run; from the data, not from coins
	 * @param random the coins
	 */
	constructor(shape: PairShape, table: KeyTable, places: RecordPlaces, unit: number, random: Random) {
		const { d } = shape;
		this.#shape = shape;
		this.#table = table;
		this.#places = places;
		this.#unit = unit;
		this.#random = random;
		this.#sums = new Float64Array(THRESHOLDS * d * d);
		this.#squares = new Float64Array(THRESHOLDS * d * d);
		this.#bounds = new Float64Array(THRESHOLDS);
		this.#boundSquares = new Float64Array(THRESHOLDS);
		this.#centreSquares = new Float64Array(THRESHOLDS);
		this.#z = new Float64Array(d);
	}

	/**
	 * Draws the pairs of a row: `share` of them about, in runs of RUN, or one with that chance.
	 * @param x the row's record
	 * @param size the row's largest |A1_ja|, times `factor`
	 * @param factor of all of the gradient
	 */
	addRow(x: Float64Array, weights: RowWeights, share: number, size: number, factor: number): void {
		const mean = size * weights.mean;
		const runs = Math.max(1, Math.ceil(share / RUN));
		const pairs = Math.max(1, Math.floor(share / runs));
		const each = share >= 1 ? 1 / (runs * pairs) : 1 / share;
		// The run's own mean is taken off, whether a pair is drawn or not.
		const centre = mean / runs;
		this.#largestCentre = Math.max(this.#largestCentre, centre);
		this.#allCentres += runs * centre * centre;
		if (share < 1 && this.#random.uniform() >= share) return;
		for (let run = 0; run < runs; run++) {
			this.#drawPairs(x, weights, pairs);
			this.#addRun(x, size * each, factor * each, centre);
		}
		this.drawn += runs * pairs;
	}

	#addRun(x: Float64Array, size: number, factor: number, centre: number): void {
		const { d } = this.#shape;
		const { input, normaliser } = this.#places;
		const bound = (size * this.#bound) / x[normaliser];
		this.#total += bound;
		const step = this.#stepOf(bound);
		if (step < 0) return;
		this.#bounds[step] += bound;
		this.#boundSquares[step] += (bound - centre) * (bound - centre);
		this.#centreSquares[step] += centre * centre;
		const z = this.#z;
		const sums = this.#sums;
		const squares = this.#squares;
		const all = factor / x[normaliser];
		for (let a = 0, entry = step * d * d; a < d; a++) {
			const of = all * x[input + a];
			for (let b = 0; b < d; b++, entry++) {
				const Y = of * z[b];
				sums[entry] += Y;
				squares[entry] += Y * Y;
			}
		}
	}

	/** Which threshold is the first that a bound is within; −1 beyond all. */
	#stepOf(bound: number): number {
		let step = 0;
		for (let most = this.#unit; bound > most; most *= 2) if (++step === THRESHOLDS) return -1;
		return bound >= 0 ? step : -1;
	}

	/** Sets the sums of the row's pairs. */
	#drawPairs(x: Float64Array, weights: RowWeights, pairs: number): void {
		const { d, degree, nodes } = this.#shape;
		const { query, output, residual, gradient, coefficients, square, factor, offset, normaliser } = this.#places;
		const { data, stride, places } = this.#table;
		const { A, B, C, A2, B2, C2, A3, B3, centre } = weights;
		const z = this.#z;
		z.fill(0);
		const all = places * stride;
		let key = Math.floor(this.#random.uniform() * places) * stride;
		let other = Math.floor(this.#random.uniform() * places) * stride;
		const quotient = x[factor];
		const added = quotient * weights.squareSlack + x[offset] + weights.offsetSlack;
		const inverse = 1 / x[normaliser];
		const top = coefficients + degree;
		const topSquare = square + 2 * nodes;
		const after = 2 * d;
		let sum = 0;
		for (let pair = 0; pair < pairs; pair++) {
			let s = 0;
			let s2 = 0;
			let y = 0;
			let products = 0;
			for (let i = 0; i < d; i++) {
				const q = x[query + i];
				const o = x[output + i];
				const value = data[key + d + i] - o;
				s += q * data[key + i];
				s2 += q * data[other + i];
				y += x[residual + i] * value;
				products += value * (data[other + d + i] - o);
			}
			let P = 0;
			let P2 = 0;
			for (let k = top; k >= coefficients; k--) {
				P = P * s + x[k];
				P2 = P2 * s2 + x[k];
			}
			let w = 0;
			let w2 = 0;
			for (let k = topSquare; k >= square; k--) {
				w = w * s + x[k];
				w2 = w2 * s2 + x[k];
			}
			const scale = data[key + after] * data[key + after + 3];
			const share = data[other + after] * data[other + after + 3] * inverse;
			const values = data[key + after + 1];
			// Q = C w + ρ: at least |e^s − P(s)|, as computed too.
			const mass = share * (P2 + 2 * (quotient * w2 + added));
			const second = mass * (A2 + B2 * data[other + after + 1] + C2 * data[other + after + 2]);
			const bracket = A + B * values + C * data[key + after + 2] + (A3 + B3 * values) * second;
			sum += scale * (quotient * w + added) * bracket;
			const error = scale * (Math.exp(s) - P);
			const third = error * share * P2 * products;
			const first = error * y;
			for (let b = 0; b < d; b++) {
				const about = centre[b];
				z[b] += first * (data[key + b] - about) - error * x[gradient + b] + third * (data[other + b] - about);
			}
			key += stride;
			if (key === all) key = 0;
			other += stride;
			if (other === all) other = 0;
		}
		this.#bound = sum * (1 + 1e-9);
	}

	/** Σ of what was drawn, d x d, but for runs beyond all thresholds. */
	sampledMeans(): Float64Array {
		const { d } = this.#shape;
		return Float64Array.from({ length: d * d }, (_, entry) => {
			let sum = 0;
			for (let step = 0; step < THRESHOLDS; step++) sum += this.#sums[step * d * d + entry];
			return sum;
		});
	}

	/** Σ of the bounds on it. */
	sampledBound(): number {
		return this.#total;
	}

	/**
	 * At least the size of the mean that the pairs of each entry were drawn for, d x d, but for a chance of `failure` in all.
	 * @param known at least the mean of all bounds
	 */
	means(known: number, failure: number): Float64Array {
		const { d } = this.#shape;
		const events = THRESHOLDS * DEVIATION_CHOICES * (2 * d * d + 1);
		const log = Math.log(events / failure);
		const least = new Float64Array(d * d).fill(Number.POSITIVE_INFINITY);
		const [sums, squares] = [new Float64Array(d * d), new Float64Array(d * d)];
		let [bounds, boundSquares, centres] = [0, 0, 0];
		for (let step = 0; step < THRESHOLDS; step++) {
			const threshold = this.#unit * 2 ** step * (1 + 1e-6);
			bounds += this.#bounds[step];
			boundSquares += this.#boundSquares[step];
			centres += this.#centreSquares[step];
			const off = boundSquares + Math.max(0, this.#allCentres - centres) + 1e-9 * this.#allCentres;
			const width = deviation({ squares: off, range: this.#largestCentre }, log);
			const tail = Math.max(0, known - bounds + width);
			for (let entry = 0; entry < d * d; entry++) {
				sums[entry] += this.#sums[step * d * d + entry];
				squares[entry] += this.#squares[step * d * d + entry];
				const own = deviation({ squares: squares[entry], range: threshold }, log);
				least[entry] = Math.min(least[entry], Math.abs(sums[entry]) + own + tail);
			}
		}
		// Sums of so many terms, and places of random numbers in steps of 2^-53.
		const rounding = 2 ** -53 * ((2 * this.drawn + 64) * this.#total + 16 * this.#table.places * known);
		return least.map((bound) => bound + rounding);
	}
}
