import { availableMemory, type Kernels } from "@attgrad/matrix-core";
import type { gaussKernels } from "../gauss-kernels.ts";
import { KernelPairs } from "./kernel-pairs.ts";
import { coinsStart, rowCoins } from "./pair-coins.ts";
import { type PairCertificateInput, PairDraw } from "./pair-draw.ts";
import { PairSums } from "./pair-sums.ts";
import { addTotals, meansOf, totalsPlaces } from "./pair-totals.ts";
import { type KernelSink, type RecordPlaces, type RecordSink, type RowRecords, recordPlaces } from "./row-record.ts";
import { RowWeights } from "./row-weights.ts";
import { keyNumbers, sampledKeys } from "./sampled-keys.ts";

/** Operations of a run that take as long as a pair, for each column, as measured at d = 4 and 8: most of a pair is waiting for its key. */
const PAIR_FLOPS = 190;

/** Part of a run's time that pairs take, and how many pairs there are at least and at most. */
const PAIRS = { share: 0.2, least: 2 ** 13, most: 2 ** 27 } as const;

/** Sizes beyond which products of bounds may leave the normal range: nothing is claimed then. */
const LARGEST = 2 ** 100;

/** Bytes of keys while they are sorted, at most: half of them are in the kernels' memory. */
const MOST_BYTES = 2 ** 32;

/** Covers products below the normal range, where sizes are within that. */
const LOST = 2 ** -350;

/**
 * Whether a run that draws pairs takes less time than one of a higher degree that need not: pairs, their keys and the bounds of rows take
 * about as long as a fifth of the features and 75 d more.
 * @param features of both runs, to their degree and to the next
 */
export const pairsPay = (d: number, features: number, more: number): boolean =>
	(1 + PAIRS.share) * features + 75 * d < more;

/** Pairs of a run whose features are of these numbers. */
export const pairsOf = (n: number, d: number, size: number, raisedSize: number): number =>
	Math.min(
		PAIRS.most,
		Math.max(PAIRS.least, Math.round((PAIRS.share * 4 * n * d * (size + raisedSize)) / (PAIR_FLOPS * d))),
	);

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
	readonly #draw: PairDraw;
	readonly #weights: RowWeights;
	readonly #record: Float64Array;
	readonly #factor: number;
	/** As `totalsPlaces` says. */
	readonly #totals: Float64Array;
	#sums: PairSums | undefined;
	#rows = 0;

	constructor(input: PairCertificateInput) {
		const { profile, space, constants } = input;
		const { d } = profile;
		this.#input = input;
		this.places = recordPlaces(d, constants.degree);
		this.#weights = new RowWeights(constants, this.places, space, profile);
		this.#record = new Float64Array(this.places.length);
		this.#factor = profile.scale * Math.max(...space.frame.queryMap.data.map(Math.abs));
		this.#draw = new PairDraw(input, this.places, this.#weights, this.#factor);
		this.#totals = new Float64Array(totalsPlaces(d).length);
	}

	/** Whether a problem's sizes and a degree are such that a certificate can be made. */
	static serves({ profile, space, constants }: Pick<PairCertificateInput, "profile" | "space" | "constants">): boolean {
		const { largest, scale, valueHalfRange, roundings, dtype } = profile;
		const half = Math.max(...valueHalfRange);
		const within = [largest.inputs, scale, half, space.keyNorm].every((x) => x > 1 / LARGEST && x < LARGEST);
		const precise = dtype === "f64" ? 1e-10 : 1e-6;
		const { queryMap } = space.frame;
		const diagonal = queryMap.data.every((x, at) => x === (at % (queryMap.cols + 1) === 0 ? queryMap.data[0] : 0));
		if (8 * keyNumbers(profile.n, profile.d) > Math.min(availableMemory(), MOST_BYTES)) return false;
		const exact = Math.max(...roundings.value) <= precise * half;
		return within && diagonal && exact && constants.degree >= 1 && constants.form === "v2";
	}

	take(records: RowRecords): void {
		const from = this.#rows;
		this.#rows += records.count;
		this.#sums ??= this.#sumsFor(records);
		const { data, lanes, count } = records;
		const start = coinsStart(this.#input.seed);
		for (let j = 0; this.#sums && j < count; j++) {
			if (!this.#draw.copyRecord({ data, lanes }, j, this.#record)) continue;
			this.#weights.read(this.#record);
			this.#sums.addRow(this.#record, this.#weights, rowCoins(start, from + j));
		}
	}

	onKernels(kernels: Kernels<typeof gaussKernels>, slots: number): KernelSink {
		return new KernelPairs(kernels, slots, this.#draw, this.#weights, (totals) => addTotals(totals, this.#totals));
	}

	/** The error that holds but for a chance of `failure`; `serves` has to hold. */
	error(failure: number): ProbableError {
		const { profile } = this.#input;
		const { n, d, keyHalfRange, scale, dtype } = profile;
		const totals = this.#sums?.totals ?? this.#totals;
		const at = totalsPlaces(d);
		const slack = dtype === "f64" ? 1e-9 : 1e-5;
		const known = totals[at.known] * (1 + 4 * slack);
		const { plan } = this.#draw;
		const means = new Float64Array(d * d).fill(Number.POSITIVE_INFINITY);
		// Nothing is known of rows where none of those that were looked at first has a polynomial. Where no row has a bound that pairs could
		// be drawn by, the mean bound itself holds.
		if (plan && !(totals[at.largestCentre] > 0)) means.fill(known);
		else if (plan) means.set(meansOf(totals, { d, unit: plan.unit, keys: n }, known, failure));
		let [method, rounding] = [0, 0];
		for (let a = 0; a < d; a++)
			for (let b = 0; b < d; b++) {
				method = Math.max(method, means[a * d + b] + this.#factor * totals[at.rest + a]);
				rounding = Math.max(rounding, scale * totals[at.moved + a] * keyHalfRange[b]);
			}
		return {
			method: (1 + 1e-9) * (method + slack * known) + LOST,
			rounding: (1 + 1e-9) * rounding,
			drawn: totals[at.drawn],
		};
	}

	#sumsFor(records: RowRecords): PairSums | undefined {
		if (!this.#draw.hasRows([records])) return undefined;
		const keys = sampledKeys(this.#input.problem, this.#input.space);
		const plan = this.#draw.prepare([records], keys);
		return new PairSums(plan, keys, this.#draw.choices, this.places);
	}
}
