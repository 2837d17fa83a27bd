import { Matrix } from "@attgrad/matrix-core";
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

	/** At least |E Y| + E Z for every entry, as a part of the range, but for the chance of the events. */
	bound(draws: number, log: number): number {
		const [first, second] = [this.first, this.second];
		const d = second[0].length;
		let most = 0;
		for (let at = 0; at < first[0].data.length; at++) {
			const squares = first[1].data[at] + second[1][at % d];
			const width = deviation({ squares, range: 1 + 1e-6 }, log);
			most = Math.max(most, Math.abs(first[0].data[at]) + second[0][at % d] + width);
		}
		return most / draws;
	}
}
