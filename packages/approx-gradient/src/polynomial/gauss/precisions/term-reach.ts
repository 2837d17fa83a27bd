import { numberTypes, over, plus, RelativeRounding, rootUp } from "../../../error-bound/index.ts";
import { REACH_SLACK } from "../../method/feature-space.ts";

/**
 * The sizes t_l = Σ_i |q_i k_li| of the terms of a row's scores are far below the row's reach for most keys. With weights μ_l = ω_l |x_l| and N_i at least
 * (Σ μ |k_i|^M / Σ μ)^(1/M), the inequalities of Lyapunov and Minkowski give for each power k <= M
 *
 *     Σ_l μ_l t_l^k <= (Σ_i |q_i| N_i)^k Σ_l μ_l .
 *
 * Rounding is counted relative to sums like this one, of the columns x = 1 and x = v_i. M is the least power of two from 8 on that is at least the degree.
 * @returns log2 M
 */
export const termPower = (degree: number): number => Math.max(3, Math.ceil(Math.log2(Math.max(1, degree))));

/** Sums of μ below which losses below the normal range would show, and more than what such losses add to a quotient. */
const LEAST_SUM = 1e-200;
const LOST = 1e-60;

/**
 * N_i of each coordinate in the frame, for all columns: at most its largest |k_i|.
 * @param sums for each column Σ μ, then Σ μ k_i^M of each coordinate, summed over n keys in double precision
 */
export function termReach(
	sums: Float64Array,
	{ n, power, keyReach }: { readonly n: number; readonly power: number; readonly keyReach: Float64Array },
): Float64Array {
	const d = keyReach.length;
	// Squares, of which each doubles the error so far, products, and both sums: over rows, lanes, slots and chunks.
	const rounded = RelativeRounding.roundings(2 * n + 2 ** (power + 1) + 256, numberTypes.f64);
	return keyReach.map((reach, b) => {
		let most = 0;
		for (let column = 0; column < sums.length; column += d + 1) {
			if (sums[column] === 0) continue;
			const isKnown = sums[column] >= LEAST_SUM;
			most = Math.max(most, isKnown ? over(sums[column + 1 + b], sums[column]) : Number.POSITIVE_INFINITY);
		}
		let norm = plus(rounded.atLeast(most), LOST);
		for (let root = 0; root < power; root++) norm = rootUp(norm);
		return Math.min(norm, reach) * REACH_SLACK;
	});
}
