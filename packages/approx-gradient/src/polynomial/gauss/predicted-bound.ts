import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { certificateOf } from "../../error-bound/index.ts";
import { rowsTimes } from "../../rows/problem-rows.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import type { Method } from "../method/approximation.ts";
import type { ErrorConstants } from "./bounds/error-constants.ts";
import { boundFromGaussTotals } from "./bounds/gauss-bound.ts";
import { LEAST_REACH, LIMITS, largestRadius } from "./bounds/limits.ts";
import { powerSumsOf, RowPolynomial } from "./row-polynomial.ts";
import { RowTerms, rowNumbers } from "./row-terms.ts";
import { addRow, emptyTotals } from "./totals.ts";

/** Rows and keys that a prediction looks at, whatever n is. */
const SAMPLE = { rows: 64, keys: 192 };

/** What a run with row polynomials will come to. Not a proof; the run gives that. */
export interface PredictedBound {
	readonly bound: number;
	readonly floor: number;
	/** Rows of the problem that will be computed exactly. */
	readonly exactRows: number;
}

/** Rows against keys of a problem, with scores, to predict bounds of all degrees from. */
export interface ScoreSample {
	readonly d: number;
	/** Rows of A1 and how many of the problem's one stands for. */
	readonly rows: readonly SampledRow[];
	readonly share: number;
	/** ω_l; values h - η and keys in the frame, keys x d. */
	readonly weights: Float64Array;
	readonly values: Float64Array;
	readonly keys: Float64Array;
}

interface SampledRow {
	readonly input: Float64Array;
	readonly scores: Float64Array;
	readonly reach: number;
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** ‖E_f k‖ and Ĝ in the frame. */
	readonly meanKey: Float64Array;
	readonly gradient: Float64Array;
}

/** Draws rows and keys spread evenly and computes their scores and softmax rows: O(1) in n, about a millisecond. */
export function sampleScores(
	problem: AttentionProblem<RowSource>,
	{ profile, space }: Pick<Method, "profile" | "space">,
): ScoreSample {
	const { d, queryCentre, keyCentre, valueCentre, keyNorm } = profile;
	const { queryMap, keyMap } = space.frame;
	const sampled = subProblem(problem, SAMPLE.keys);
	const m = sampled.n;
	const [keys, values] = [new Float64Array(m * d), new Float64Array(m * d)];
	rowsTimes(Float64Array.from(sampled.A3.data), sampled.Y, 1, m, values);
	const weights = new Float64Array(m);
	for (let l = 0; l < m; l++) {
		let exponent = 0;
		for (let b = 0; b < d; b++) {
			const key = sampled.A2.data[l * d + b] - keyCentre[b];
			exponent += queryCentre[b] * key;
			values[l * d + b] -= valueCentre[b];
			for (let i = 0; i < d; i++) keys[l * d + i] += keyMap.at(i, b) * key;
		}
		weights[l] = Math.exp(exponent - space.frame.shift);
	}
	const some = subProblem(problem, SAMPLE.rows);
	const queries = new Float64Array(some.n * d);
	rowsTimes(Float64Array.from(some.A1.data), some.X, some.scale, some.n, queries);
	const rows = Array.from({ length: some.n }, (_, j): SampledRow => {
		const [query, mapped] = [queries.subarray(j * d, (j + 1) * d), new Float64Array(d)];
		let [square, coordinates] = [0, 0];
		for (let b = 0; b < d; b++) {
			const q = query[b] - queryCentre[b];
			square += q * q;
			for (let i = 0; i < d; i++) mapped[i] += queryMap.at(i, b) * q;
		}
		for (let i = 0; i < d; i++) coordinates += Math.abs(mapped[i]) * space.keyReach[i];
		const scores = new Float64Array(m);
		for (let l = 0; l < m; l++) for (let i = 0; i < d; i++) scores[l] += mapped[i] * keys[l * d + i];
		const input = Float64Array.from(some.A1.data.subarray(j * d, (j + 1) * d));
		const target = Float64Array.from({ length: d }, (_, i) => some.E.at(j, i) - valueCentre[i]);
		const reach = Math.max(LEAST_REACH, Math.min(coordinates, Math.sqrt(square) * keyNorm, space.radius));
		return { input, scores, reach, ...softmaxRow(scores, weights, values, keys, target) };
	});
	return { d, rows, share: problem.n / some.n, weights, values, keys };
}

function softmaxRow(
	scores: Float64Array,
	weights: Float64Array,
	values: Float64Array,
	keys: Float64Array,
	target: Float64Array,
): Pick<SampledRow, "output" | "residual" | "meanKey" | "gradient"> {
	const d = target.length;
	const [output, meanKey, products] = [new Float64Array(d), new Float64Array(d), new Float64Array(d * d)];
	let normaliser = 0;
	for (let l = 0; l < scores.length; l++) normaliser += weights[l] * Math.exp(scores[l]);
	for (let l = 0; l < scores.length; l++) {
		const f = (weights[l] * Math.exp(scores[l])) / normaliser;
		for (let i = 0; i < d; i++) {
			output[i] += f * values[l * d + i];
			meanKey[i] += f * keys[l * d + i];
			for (let b = 0; b < d; b++) products[i * d + b] += f * values[l * d + i] * keys[l * d + b];
		}
	}
	const residual = output.map((o, i) => o - target[i]);
	const correction = residual.reduce((sum, c, i) => sum + c * output[i], 0);
	const gradient = meanKey.map((mean, b) =>
		residual.reduce((sum, c, i) => sum + c * products[i * d + b], -correction * mean),
	);
	return { output, residual, meanKey, gradient };
}

/** The bound that a run at the constants' degree will prove. O(1) in n, a fraction of a millisecond. */
export function predictGaussBound(
	{ d, rows, share, weights, values, keys }: ScoreSample,
	method: Pick<Method, "profile" | "space">,
	constants: ErrorConstants,
): PredictedBound {
	const { degree, sumError, form } = constants;
	const count = Math.max(powerSumsOf(degree), degree + 1);
	const row = new RowPolynomial({ degree, sumError, largestRadius: largestRadius(method.space) });
	const terms = new RowTerms(constants);
	const totals = emptyTotals(d);
	const numbers = rowNumbers(constants, count);
	let exactRows = 0;
	const ofKeys = numbers.keySquares.map((_, b) => squaresOf(keys, d, form === "v2" ? undefined : b));
	const ofValues = squaresOf(values, d);
	for (const { input, scores, reach, output, residual, meanKey, gradient } of rows) {
		if (reach > LIMITS.radius) {
			exactRows++;
			continue;
		}
		addSums(numbers.ones, weights, scores);
		numbers.reach = reach;
		row.solve(numbers.ones, reach);
		numbers.normaliser = row.valueSum(numbers.ones);
		if (!terms.accepts(row, numbers)) {
			exactRows++;
			continue;
		}
		addSums(numbers.valueSquares, weights, scores, ofValues);
		for (const [b, squares] of numbers.keySquares.entries()) addSums(squares, weights, scores, ofKeys[b]);
		numbers.output.set(output);
		numbers.residual.set(residual);
		numbers.gradient.set(gradient);
		for (let b = 0; b < d; b++) numbers.pilot[b] = meanKey[b] * numbers.normaliser;
		terms.read(row, numbers);
		addRow(totals, input, residual, terms, share);
	}
	const { bound, floatFloor: floor } = certificateOf({
		...{ kind: "a-posteriori", error: boundFromGaussTotals(method, constants, { ofRows: totals }) },
		...{ radius: method.space.radius, relativeError: totals.largestKappa },
	});
	return { bound, floor, exactRows: Math.round(exactRows * share) };
}

/** ‖row‖² of each row, or the square of one coordinate. */
function squaresOf(rows: Float64Array, d: number, coordinate?: number): Float64Array {
	return Float64Array.from({ length: rows.length / d }, (_, l) => {
		if (coordinate !== undefined) return rows[l * d + coordinate] ** 2;
		let square = 0;
		for (let i = 0; i < d; i++) square += rows[l * d + i] ** 2;
		return square;
	});
}

/** sums[k] = Σ_l ω_l x_l s_l^k. */
function addSums(sums: Float64Array, weights: Float64Array, scores: Float64Array, x?: Float64Array): void {
	sums.fill(0);
	for (let l = 0; l < scores.length; l++) {
		let term = weights[l] * (x?.[l] ?? 1);
		for (let k = 0; k < sums.length; k++, term *= scores[l]) sums[k] += term;
	}
}
