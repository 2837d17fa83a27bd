import { certificateOf, maxUp } from "../../error-bound/index.ts";
import type { Method } from "../method/approximation.ts";
import { rowTruncation } from "./anisotropic/truncation.ts";
import { columnNorms, type ErrorConstants } from "./bounds/error-constants.ts";
import { boundFromGaussTotals } from "./bounds/gauss-bound.ts";
import { LEAST_REACH, largestRadius } from "./bounds/limits.ts";
import { addExactRow, noExactRows } from "./exact/exact-rows.ts";
import { sampledReach } from "./precisions/sampled-reach.ts";
import { powerSumsOf, RowPolynomial } from "./row-polynomial.ts";
import { type RowNumbers, RowTerms, rowNumbers } from "./row-terms.ts";
import type { SampledRow, ScoreSample } from "./score-sample.ts";
import { addRow, emptyTotals } from "./totals.ts";

/** The predicted bound of a run with row polynomials. Not a proof; the run gives that. */
export interface PredictedBound {
	readonly bound: number;
	readonly floor: number;
	/** Rows of the problem that will be computed exactly. */
	readonly exactRows: number;
	/** About each sampled row's part of the bound, all on one scale; Infinity for exact rows. */
	readonly parts: Float64Array;
}

/** Sets what an anisotropic set leaves out of the sums of a row of a sample. */
export type SampledTruncation = (row: number, numbers: RowNumbers) => void;

/**
 * The bound that a run at the constants' degree will prove. O(1) in n, some milliseconds for the first degree and less for the others.
 * @param truncation for an anisotropic set
 */
export function predictGaussBound(
	{ d, rows, weights, values, keys, squares }: ScoreSample,
	method: Pick<Method, "profile" | "space">,
	constants: ErrorConstants,
	truncation?: SampledTruncation,
): PredictedBound {
	const { degree, sumError, form } = constants;
	const count = Math.max(powerSumsOf(degree), degree + 1);
	const row = new RowPolynomial({ degree, sumError, largestRadius: largestRadius(method.space) });
	const terms = new RowTerms(constants);
	const totals = emptyTotals(d);
	const plain = rowNumbers(constants, count);
	const numbers = truncation ? { ...plain, truncation: rowTruncation(degree, plain.keySquares.length) } : plain;
	let exactRows = 0;
	const exact = noExactRows(d);
	const addExact = ({ share, input, residual, gradient }: SampledRow): void => {
		exactRows += share;
		addExactRow({ input, residual, gradient }, method.profile, constants.scoreError, exact, share);
	};
	const perGrown = constants.single === undefined ? 0 : grownPerPart(method);
	const ofTerms = constants.single && sampledReach({ d, weights, values, keys }, constants.single.power, method.space);
	const parts = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY);
	for (const [at, sampled] of rows.entries()) {
		const { share, input, query, reach, output, residual, meanKey, products, gradient } = sampled;
		const sumsOf = (column: string, x?: Float64Array): Float64Array => powerSums(sampled, weights, count, column, x);
		if (reach > constants.radiusLimit) {
			addExact(sampled);
			continue;
		}
		numbers.ones.set(sumsOf("ones"));
		numbers.reach = reach;
		numbers.termReach = ofTerms ? Math.max(LEAST_REACH, Math.min(reach, sizeOfTerms(query, ofTerms))) : reach;
		if (form !== "l1") numbers.valueSquares.set(sumsOf("values", squares.values));
		for (const [b, sums] of numbers.keySquares.entries())
			sums.set(sumsOf(`${form} keys ${b}`, form === "v2" ? squares.keys : squares.coordinates[b]));
		truncation?.(at, numbers);
		row.solve(numbers.ones, reach);
		numbers.normaliser = row.valueSum(numbers.ones);
		if (!terms.accepts(row, numbers)) {
			addExact(sampled);
			continue;
		}
		numbers.output.set(output);
		numbers.residual.set(residual);
		numbers.gradient.set(gradient);
		for (let b = 0; b < d; b++) numbers.pilot[b] = meanKey[b] * numbers.normaliser;
		for (let at = 0; at < products.length; at++) numbers.products[at] = products[at] * numbers.normaliser;
		terms.read(row, numbers);
		addRow(totals, input, residual, terms, share);
		parts[at] = share * partOf(input, terms, constants.keyRatio, perGrown);
	}
	const { bound, floatFloor: floor } = certificateOf({
		...{
			kind: "a-posteriori",
			error: boundFromGaussTotals(method, constants, { ofRows: totals, ...(exactRows > 0 && { exact }) }),
		},
		...{ radius: method.space.radius, relativeError: totals.largestKappa },
	});
	return { bound, floor, exactRows: Math.round(exactRows), parts };
}

/** The factor that puts a row's rounding on the scale of its part of the bound: the largest key span over the largest norm of a column of the frame's map. */
const grownPerPart = ({ space: { keySpan, frame } }: Pick<Method, "space">): number =>
	(1.03 * maxUp(keySpan)) / maxUp(columnNorms(frame.queryMap));

/** A row's part of the bound, about, from its terms. */
function partOf(input: Float64Array, { l1, spread, grown }: RowTerms, keyRatio: number, perGrown: number): number {
	let [size, most] = [0, 0];
	for (let a = 0; a < input.length; a++) size += Math.abs(input[a]);
	for (let b = 0; b < spread.length; b++) most = Math.max(most, spread[b]);
	return size * (l1 * keyRatio + most + perGrown * grown);
}

/** Σ_i |q_i| N_i. */
const sizeOfTerms = (query: Float64Array, reaches: Float64Array): number =>
	query.reduce((sum, q, i) => sum + Math.abs(q) * reaches[i], 0);

/** Power sums that are made at once, enough for the usual degrees: as many as stay in registers. */
const AT_ONCE = 12;

/** sums[k + i] = Σ_l terms_l s_l^i for i < AT_ONCE; multiplies each term by s_l^AT_ONCE. */
function addSums(terms: Float64Array, scores: Float64Array, sums: Float64Array, k: number): void {
	let [s0, s1, s2, s3, s4, s5] = [0, 0, 0, 0, 0, 0];
	let [s6, s7, s8, s9, s10, s11] = [0, 0, 0, 0, 0, 0];
	for (let l = 0; l < scores.length; l++) {
		const score = scores[l];
		let term = terms[l];
		s0 += term;
		s1 += term *= score;
		s2 += term *= score;
		s3 += term *= score;
		s4 += term *= score;
		s5 += term *= score;
		s6 += term *= score;
		s7 += term *= score;
		s8 += term *= score;
		s9 += term *= score;
		s10 += term *= score;
		s11 += term *= score;
		terms[l] = term * score;
	}
	sums.set([s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11], k);
}

/** Σ_l ω_l x_l s_l^k for k below `count`; made once for all degrees. */
function powerSums(
	{ sums, scores }: SampledRow,
	weights: Float64Array,
	count: number,
	column: string,
	x?: Float64Array,
): Float64Array {
	const known = sums.get(column);
	if (known && known.length >= count) return known.subarray(0, count);
	const made = new Float64Array(AT_ONCE * Math.ceil(count / AT_ONCE));
	const terms = weights.slice();
	if (x) for (let l = 0; l < terms.length; l++) terms[l] *= x[l];
	for (let k = 0; k < made.length; k += AT_ONCE) addSums(terms, scores, made, k);
	sums.set(column, made);
	return made.subarray(0, count);
}
