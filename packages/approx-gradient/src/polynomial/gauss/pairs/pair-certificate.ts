import type { AttentionProblem } from "@attgrad/attention-problem";
import { availableMemory, type RowSource, seededRandom } from "@attgrad/matrix-core";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { nodesOf } from "../row-polynomial.ts";
import { PairSums, RUN } from "./pair-sums.ts";
import { type RecordPlaces, type RecordSink, type RowRecords, recordPlaces } from "./row-record.ts";
import { RowWeights } from "./row-weights.ts";
import { BINS, keyNumbers, keyTable, type SampledKeys, sampledKeys } from "./sampled-keys.ts";

/** Operations of a pair as they are counted against a run's. */
const PAIR_FLOPS = 150;

/** Part of a run's operations that pairs take, and how many pairs there are at least and at most. */
const PAIRS = { share: 0.1, least: 2 ** 13, most: 2 ** 27 } as const;

/** Rows and keys of a bin that say how often keys of a bin are drawn. */
const LOOK = { rows: 50, keys: 6 } as const;

/** Sizes beyond which products of bounds may leave the normal range: nothing is claimed then. */
const LARGEST = 2 ** 100;

/** Covers products below the normal range, where sizes are within that. */
const LOST = 2 ** -350;

/** The most pairs of a row, and of all rows, as a multiple of their mean. */
const MOST = { ofRow: 64, ofAll: 4 } as const;

/** Pairs of a run whose features are of these numbers. */
export const pairsOf = (n: number, d: number, size: number, raisedSize: number): number =>
	Math.min(PAIRS.most, Math.max(PAIRS.least, Math.round((PAIRS.share * 4 * n * d * (size + raisedSize)) / PAIR_FLOPS)));

/** The run that a certificate is for. */
export interface PairCertificateInput {
	readonly problem: AttentionProblem<RowSource>;
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly constants: ErrorConstants;
	/** How many pairs, about. */
	readonly pairs: number;
	/** Of the coins. */
	readonly seed: number;
}

/** An error that holds but for a chance. */
export interface ProbableError {
	/** The error of the method. */
	readonly method: number;
	/** The error from the difference between rows as they are read here and as the run stored them. */
	readonly rounding: number;
	readonly drawn: number;
}

/**
 * A probabilistic certificate for a run with polynomials by row (form v2): it takes the rows' records during the run and draws
 * pairs of them with keys. The error of the method is at most `error(failure)`, but for a chance of `failure` over the coins
 * (paper.md 14.6).
 */
export class PairCertificate implements RecordSink {
	readonly places: RecordPlaces;
	readonly #input: PairCertificateInput;
	readonly #weights: RowWeights;
	readonly #record: Float64Array;
	readonly #keys: SampledKeys;
	readonly #factor: number;
	#sums: PairSums | undefined;
	/** About the sum of all rows' means, from the first rows. */
	#expected = 0;
	#shares = 0;
	#known = 0;
	readonly #rest: Float64Array;
	readonly #moved: Float64Array;

	constructor(input: PairCertificateInput) {
		const { problem, profile, space, constants } = input;
		const { d } = profile;
		this.#input = input;
		this.places = recordPlaces(d, constants.degree);
		this.#weights = new RowWeights(constants, this.places, space, profile);
		this.#record = new Float64Array(this.places.length);
		this.#keys = sampledKeys(problem, space);
		this.#factor = profile.scale * Math.max(...space.frame.queryMap.data.map(Math.abs));
		this.#rest = new Float64Array(d);
		this.#moved = new Float64Array(d);
	}

	/** Whether a problem's sizes and a degree are such that a certificate can be made. */
	static serves({ profile, space, constants }: Pick<PairCertificateInput, "profile" | "space" | "constants">): boolean {
		const { largest, scale, valueHalfRange, roundings, dtype } = profile;
		const half = Math.max(...valueHalfRange);
		const within = [largest.inputs, scale, half, space.keyNorm].every((x) => x > 1 / LARGEST && x < LARGEST);
		const precise = dtype === "f64" ? 1e-10 : 1e-6;
		const { queryMap } = space.frame;
		const diagonal = queryMap.data.every((x, at) => x === (at % (queryMap.cols + 1) === 0 ? queryMap.data[0] : 0));
		if (8 * keyNumbers(profile.n, profile.d) > availableMemory()) return false;
		const exact = Math.max(...roundings.value) <= precise * half;
		return within && diagonal && exact && constants.degree >= 1 && constants.form === "v2";
	}

	take(records: RowRecords): void {
		if (this.#sums === undefined) this.#prepare(records);
		for (let j = 0; j < records.count; j++) {
			if (!this.#readRow(records, j)) continue;
			const size = this.#sizeOf() * this.#factor;
			this.#addRest();
			const share = this.#shareOf(size);
			this.#sums?.addRow(this.#record, this.#weights, share, size, this.#factor);
		}
	}

	/** The error that holds but for a chance of `failure`; `serves` has to hold. */
	error(failure: number): ProbableError {
		const { profile } = this.#input;
		const { d, keyHalfRange, scale, dtype } = profile;
		const slack = dtype === "f64" ? 1e-9 : 1e-5;
		const known = this.#known * (1 + 4 * slack);
		// Where no row has a size that pairs could be drawn by, the mean bound itself holds.
		const means = this.#sums?.means(known, failure) ?? new Float64Array(d * d).fill(known);
		let [method, rounding] = [0, 0];
		for (let a = 0; a < d; a++)
			for (let b = 0; b < d; b++) {
				method = Math.max(method, means[a * d + b] + this.#factor * this.#rest[a]);
				rounding = Math.max(rounding, scale * this.#moved[a] * keyHalfRange[b]);
			}
		return {
			method: (1 + 1e-9) * (method + slack * known) + LOST,
			rounding: (1 + 1e-9) * rounding,
			drawn: this.#sums?.drawn ?? 0,
		};
	}

	/** Sets the record and the weights of row j; whether it is one with a polynomial. */
	#readRow({ data, lanes }: RowRecords, j: number): boolean {
		const { length, accepted } = this.places;
		const from = Math.floor(j / lanes) * length * lanes + (j % lanes);
		if (data[from + accepted * lanes] === 0) return false;
		for (let i = 0; i < length; i++) this.#record[i] = data[from + i * lanes];
		this.#weights.read(this.#record);
		return true;
	}

	#sizeOf(): number {
		const { d } = this.#input.profile;
		let size = 0;
		for (let a = 0; a < d; a++) size = Math.max(size, Math.abs(this.#record[this.places.input + a]));
		return size;
	}

	/** How many pairs a row gets: nine tenths in proportion to its mean, the rest alike. */
	#shareOf(size: number): number {
		const { pairs, profile } = this.#input;
		const mean = pairs / profile.n;
		const own = this.#expected > 0 ? (0.9 * pairs * size * this.#weights.mean) / this.#expected : 0;
		const share = this.#shares > MOST.ofAll * pairs ? 0.1 * mean : Math.min(own, MOST.ofRow * mean + 64) + 0.1 * mean;
		this.#shares += share;
		return share;
	}

	#addRest(): void {
		const { d, valueHalfRange } = this.#input.profile;
		const { rest, bias, moved, mean } = this.#weights;
		let against = 0;
		let residual = 0;
		for (let i = 0; i < d; i++) {
			const c = Math.abs(this.#record[this.places.residual + i]);
			residual = Math.max(residual, c);
			against += 1.1 * valueHalfRange[i] * (4 * c + 2 * valueHalfRange[i]);
		}
		this.#known += this.#sizeOf() * this.#factor * mean;
		const outside = residual < LARGEST && moved < 0.05 ? 0 : Number.POSITIVE_INFINITY;
		for (let a = 0; a < d; a++) {
			const input = Math.abs(this.#record[this.places.input + a]);
			this.#rest[a] += input * (rest + bias) + outside;
			this.#moved[a] += input * moved * against;
		}
	}

	/** Estimates the sums over all rows from the first ones, and how often keys of each bin are to be drawn. Does not depend on the coins. */
	#prepare(records: RowRecords): void {
		const { profile, pairs, seed, constants } = this.#input;
		const { n, d } = profile;
		let [sum, rows] = [0, 0];
		for (let j = 0; j < records.count; j++) {
			if (!this.#readRow(records, j)) continue;
			sum += this.#sizeOf() * this.#factor * this.#weights.mean;
			rows++;
		}
		if (rows === 0 || !(sum > 0)) return;
		this.#expected = (sum / records.count) * n;
		const shape = { d, n, degree: constants.degree, nodes: nodesOf(constants.degree) };
		const unit = this.#expected / Math.max(n, pairs / RUN);
		const random = seededRandom(seed, "pairs of a certificate");
		const table = keyTable(this.#keys, this.#densities(records), random);
		this.#sums = new PairSums(shape, table, this.places, unit, random);
	}

	/** Root mean square of the bound on a pair, by bin. */
	#densities(records: RowRecords): Float64Array {
		const { d, n } = this.#input.profile;
		const { starts, data, stride } = this.#keys;
		const squares = new Float64Array(BINS);
		const step = Math.max(1, Math.floor(records.count / LOOK.rows));
		for (let j = 0; j < records.count; j += step) {
			if (!this.#readRow(records, j)) continue;
			const { A, B, C, mean } = this.#weights;
			const weight = this.#sizeOf() / Math.sqrt(mean + 2 ** -1000);
			for (let bin = 0; bin < BINS; bin++) {
				const count = starts[bin + 1] - starts[bin];
				for (let look = 0; look < Math.min(count, LOOK.keys); look++) {
					const key = (starts[bin] + Math.floor(((look + 0.5) * count) / Math.min(count, LOOK.keys))) * stride;
					const bracket = A + B * data[key + 2 * d + 1] + C * data[key + 2 * d + 2];
					const bound = weight * data[key + 2 * d] * this.#dominationAt(key) * bracket;
					squares[bin] += (bound * bound) / Math.min(count, LOOK.keys);
				}
			}
		}
		const roots = squares.map(Math.sqrt);
		let total = 0;
		for (let bin = 0; bin < BINS; bin++) total += (roots[bin] * (starts[bin + 1] - starts[bin])) / n;
		return roots.map((root) => root + 0.05 * total + 2 ** -1000);
	}

	#dominationAt(key: number): number {
		const { d } = this.#input.profile;
		const { query, square, factor, offset } = this.places;
		const x = this.#record;
		let s = 0;
		for (let i = 0; i < d; i++) s += x[query + i] * this.#keys.data[key + i];
		let value = 0;
		for (let k = square + 2 * nodesOf(this.#input.constants.degree); k >= square; k--) value = value * s + x[k];
		return x[factor] * Math.max(0, value) + x[offset];
	}
}
