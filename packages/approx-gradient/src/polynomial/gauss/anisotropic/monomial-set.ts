import type { ScoreSample } from "../score-sample.ts";
import { type LayeredSet, layeredSet } from "./layered-set.ts";

/**
 * The logarithms of E|q_i|^a E|k_i|^a / a! for each coordinate i and power a, over a sample: their sums order monomials by how much of
 * the entries they make. They never grow with a power, so that the monomials above a threshold are a downward-closed set.
 */
export type MonomialWeights = readonly Float64Array[];

/** The weights of a sample's coordinates up to a degree. */
export function monomialWeights({ d, rows, weights, keys }: ScoreSample, degree: number): MonomialWeights {
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	const shares = rows.reduce((sum, { share }) => sum + share, 0);
	return Array.from({ length: d }, (_, i) => {
		const table = new Float64Array(degree + 1);
		for (let a = 1, factorial = 1; a <= degree; a++) {
			factorial *= a;
			let [ofQueries, ofKeys] = [0, 0];
			for (const { query, share } of rows) ofQueries += share * Math.abs(query[i]) ** a;
			for (let l = 0; l < weights.length; l++) ofKeys += weights[l] * Math.abs(keys[l * d + i]) ** a;
			const weight = Math.log((ofQueries / shares) * (ofKeys / total)) - Math.log(factorial);
			table[a] = Math.min(table[a - 1], Number.isNaN(weight) ? Number.NEGATIVE_INFINITY : weight);
		}
		return table;
	});
}

/** The least logarithm of a threshold that is looked at: all monomials of coordinates that have any size. */
export const LEAST_THRESHOLD = -200;

/**
 * The set of the monomials of degree at most g whose weight is at least a threshold; undefined where they are more than `largest`.
 * @param threshold its logarithm, at most 0
 */
export function heaviestMonomials(
	weights: MonomialWeights,
	degree: number,
	threshold: number,
	largest: number,
): LayeredSet | undefined {
	const exponents: number[][] = [];
	const alpha = new Array<number>(weights.length).fill(0);
	const grow = (i: number, left: number, weight: number): boolean => {
		if (i === weights.length) {
			exponents.push([...alpha]);
			return exponents.length <= largest;
		}
		for (let a = 0; a <= left && weight + weights[i][a] >= threshold; a++) {
			alpha[i] = a;
			if (!grow(i + 1, left - a, weight + weights[i][a])) return false;
		}
		alpha[i] = 0;
		return true;
	};
	return grow(0, degree, 0) ? layeredSet(exponents) : undefined;
}
