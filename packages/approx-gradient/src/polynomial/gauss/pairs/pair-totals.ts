import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { DEVIATION_CHOICES, deviation } from "./concentration.ts";

/** Thresholds of the bound on a run: unit · 2^i. Those above the last are left to the tail. */
const THRESHOLDS = kernelConstants.PAIR_THRESHOLDS;

/** Places of the sums over rows and their pairs; the kernel of `kernels/gauss/pairs/pair-draws.ts` has the same. */
export interface TotalsPlaces {
	/** Σ of the mean bounds of rows. */
	readonly known: number;
	/** Pairs that were drawn. */
	readonly drawn: number;
	/** Σ of the bounds of all runs, for the rounding of sums. */
	readonly total: number;
	readonly largestCentre: number;
	/** Σ of the squares of the centres of all runs. */
	readonly allCentres: number;
	/** Pairs that were meant to be drawn. */
	readonly shares: number;
	/** Σ |A1_ja| of what is not drawn, and of what the run stored otherwise: d each. */
	readonly rest: number;
	readonly moved: number;
	/** By threshold: Σ of bounds, of the squares of bounds less their centres, and of the squares of centres. */
	readonly bounds: number;
	readonly boundSquares: number;
	readonly centreSquares: number;
	/** By threshold, d x d each: Σ of runs and of their squares. */
	readonly sums: number;
	readonly squares: number;
	readonly length: number;
}

/** The places at a width. */
export function totalsPlaces(d: number): TotalsPlaces {
	const bounds = 6 + 2 * d;
	const sums = bounds + 3 * THRESHOLDS;
	const squares = sums + THRESHOLDS * d * d;
	return {
		...{ known: 0, drawn: 1, total: 2, largestCentre: 3, allCentres: 4, shares: 5, rest: 6, moved: 6 + d },
		...{ bounds, boundSquares: bounds + THRESHOLDS, centreSquares: bounds + 2 * THRESHOLDS },
		...{ sums, squares, length: squares + THRESHOLDS * d * d },
	};
}

/** Adds the sums of one slot to those of all. */
export function addTotals(from: Float64Array, to: Float64Array): void {
	const { largestCentre } = totalsPlaces(0);
	const largest = Math.max(from[largestCentre], to[largestCentre]);
	for (let i = 0; i < to.length; i++) to[i] += from[i];
	to[largestCentre] = largest;
}

/** The sample that sums over pairs come from. */
export interface PairSample {
	readonly d: number;
	/** The first threshold. */
	readonly unit: number;
	/** Keys: a place is drawn with its chance but for so many times 2^-53. */
	readonly keys: number;
}

/**
 * At least the size of the mean that the pairs of each entry were drawn for, d x d, but for a chance of `failure` in all.
 * @param known at least the mean of all bounds
 */
export function meansOf(
	totals: Float64Array,
	{ d, unit, keys }: PairSample,
	known: number,
	failure: number,
): Float64Array {
	const at = totalsPlaces(d);
	const entries = d * d;
	const events = THRESHOLDS * DEVIATION_CHOICES * (2 * entries + 1);
	const log = Math.log(events / failure);
	const least = new Float64Array(entries).fill(Number.POSITIVE_INFINITY);
	const [sums, squares] = [new Float64Array(entries), new Float64Array(entries)];
	const allCentres = totals[at.allCentres];
	let [bounds, boundSquares, centres] = [0, 0, 0];
	for (let step = 0; step < THRESHOLDS; step++) {
		const threshold = unit * 2 ** step * (1 + 1e-6);
		bounds += totals[at.bounds + step];
		boundSquares += totals[at.boundSquares + step];
		centres += totals[at.centreSquares + step];
		const off = boundSquares + Math.max(0, allCentres - centres) + 1e-9 * allCentres;
		const width = deviation({ squares: off, range: totals[at.largestCentre] }, log);
		const tail = Math.max(0, known - bounds + width);
		for (let entry = 0; entry < entries; entry++) {
			sums[entry] += totals[at.sums + step * entries + entry];
			squares[entry] += totals[at.squares + step * entries + entry];
			const own = deviation({ squares: squares[entry], range: threshold }, log);
			least[entry] = Math.min(least[entry], Math.abs(sums[entry]) + own + tail);
		}
	}
	// Sums of so many terms, and places of random numbers in steps of 2^-53, for both keys of a run.
	const rounding = 2 ** -53 * ((2 * totals[at.drawn] + 64) * totals[at.total] + 32 * keys * known);
	return least.map((bound) => bound + rounding);
}

/** Σ of what was drawn, d x d, but for runs beyond all thresholds. */
export function sampledMeans(totals: Float64Array, d: number): Float64Array {
	const { sums } = totalsPlaces(d);
	return Float64Array.from({ length: d * d }, (_, entry) => {
		let sum = 0;
		for (let step = 0; step < THRESHOLDS; step++) sum += totals[sums + step * d * d + entry];
		return sum;
	});
}
