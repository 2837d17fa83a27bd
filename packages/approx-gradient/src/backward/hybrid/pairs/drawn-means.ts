import { Matrix, maxAbs } from "@attgrad/matrix-core";
import { deviation } from "../../../polynomial/gauss/pairs/concentration.ts";

/** Numbers of a row of a slot in whole tiles, as in `kernels/hybrid/pairs`. */
export const wide = (count: number): number => Math.ceil(count / 8) * 8;

/** Sums over draws of numbers in −1..1, the parts of their ranges. */
export class DrawnMeans {
	/** Pairs that were drawn: a triple counts as two. */
	readonly pairs: number;
	/** Σ X and Σ X² of the numbers of first order, d x d, and of the squares, d. */
	readonly first: readonly [Matrix, Matrix];
	readonly second: readonly [Float64Array, Float64Array];

	/** @param slots sums that kernels made, one after the other (`kernels/hybrid/pairs/draw-sums.ts`) */
	constructor(slots: Float64Array, count: number, d: number) {
		const [length, step] = [slots.length / count, wide(d)];
		const totals = new Float64Array(length);
		for (let at = 0; at < slots.length; at++) totals[at % length] += slots[at];
		const matrixAt = (from: number) => Matrix.build(d, d, (a, b) => totals[from + a * step + b]);
		const behind = 8 + 2 * d * step;
		this.pairs = totals[0];
		this.first = [matrixAt(8), matrixAt(8 + d * step)];
		this.second = [totals.slice(behind, behind + d), totals.slice(behind + step, behind + step + d)];
	}

	/**
	 * At least |E Y| + E Z for every entry, as a part of the range, but for the chance of the events; or |E Y − Ȳ| + E Z for the mean Ȳ of the sample, which
	 * has the same width and no |Ȳ|.
	 */
	bound(draws: number, log: number, around: "zero" | "mean" = "zero"): number {
		const [first, second] = [this.first, this.second];
		const d = second[0].length;
		let most = 0;
		for (let at = 0; at < first[0].data.length; at++) {
			const squares = first[1].data[at] + second[1][at % d];
			const width = deviation({ squares, range: RANGE }, log);
			const own = around === "zero" ? Math.abs(first[0].data[at]) : 0;
			most = Math.max(most, own + second[0][at % d] + width);
		}
		return most / draws;
	}

	/** About how many draws it takes for a bound about the mean of the sample to be this part of the range; Infinity where more than `most`. */
	drawsFor(target: number, made: number, log: number, most: number): number {
		const ofSecond = largest(this.second[1]);
		// Margins for the sample: its squares are multiplied by MARGIN, and its mean is raised by one deviation.
		const squares = (MARGIN * (maxAbs(this.first[1]) + ofSecond)) / made;
		const mean = (largest(this.second[0]) + Math.sqrt(ofSecond)) / made;
		for (let draws = leastDraws(target, log); draws <= most; draws *= STEP) {
			const width = deviation({ squares: squares * draws, range: RANGE }, log);
			if (mean + width / draws <= target) return Math.ceil(draws);
		}
		return Number.POSITIVE_INFINITY;
	}
}

/** Numbers are within this: cut off at 1, up to rounding. */
const RANGE = 1 + 1e-6;

/** A guess: how far squares of a sample may be below those of another. It decides the number of draws, and no bound. */
const MARGIN = 1.2;

/** Numbers of draws that are looked at are this far apart. */
const STEP = 1.1;

/** As many draws as a bound that is this part of the range takes, were all numbers 0. */
export const leastDraws = (target: number, log: number): number =>
	deviation({ squares: 0, range: RANGE }, log) / target;

const largest = (x: Float64Array): number => x.reduce((most, own) => Math.max(most, own), 0);
