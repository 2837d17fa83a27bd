import type { AttentionProblem } from "@attgrad/attention-problem";
import { type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import type { Candidate, Method } from "../method/approximation.ts";
import { centredKeyRows } from "./centred-keys.ts";
import { probableCounts } from "./rounding.ts";
import { predictBound, type RowSample, type SampledRow } from "./row-sample.ts";

/** An estimate of max |g̃ - g|: not a proof. */
export interface EstimatedError {
	/** Largest entry of the estimated error, each with three standard errors, and the rounding that is likely. */
	readonly bound: number;
	/** The rounding in it. */
	readonly floor: number;
}

/**
 * Estimates the errors of several candidates at once from rows worked out exactly and approximately (paper.md 7.6):
 * (n/m) Σ_j A1_jᵀ (Ĝ~_j - Ĝ_j) over the sample is g̃ - g without bias. The polynomial is taken at the scores themselves,
 * so no features are needed: O(m n (d + degree)) a candidate. Rounding is counted as independent errors, not as the
 * worst. Only for total degree: a pruned polynomial is not a function of the score.
 */
export function sampledErrors(
	problem: AttentionProblem<RowSource>,
	method: Method,
	sample: RowSample,
	candidates: readonly Candidate[],
): EstimatedError[] {
	const { profile, route } = method;
	const { rows } = sample;
	const perRow = (length: number): Float64Array[][] => candidates.map(() => rows.map(() => new Float64Array(length)));

	const weights = candidates.map(({ coefficients }) => polynomialWeight(coefficients));
	const sums = perRow(profile.d + 1);
	for (const key of centredKeyRows(problem, profile))
		for (const [at, row] of rows.entries()) {
			const score = dot(row.query, key.point);
			for (const [which, weight] of weights.entries())
				addWeighted(sums[which][at], key.weight * weight(score), key.value);
		}

	const cotangents = sums.map((ofRows) => ofRows.map((sum, at) => cotangentOf(sum, rows[at])));
	const exact = rows.map(exactCotangent);
	const gradientWeights = route.surrogate
		? candidates.map(({ coefficients }) => polynomialWeight(derivative(coefficients)))
		: weights;
	const differences = perRow(profile.d);
	for (const key of centredKeyRows(problem, profile))
		for (const [at, row] of rows.entries()) {
			const score = dot(row.query, key.point);
			const right = key.weight * Math.exp(score) * against(exact[at], key.value);
			for (const [which, weight] of gradientWeights.entries()) {
				const taken = key.weight * weight(score) * against(cotangents[which][at], key.value);
				addScaled(differences[which][at], taken - right, key.point);
			}
		}
	return candidates.map((candidate, which) => {
		const floor = likelyRounding(sample, method, candidate);
		return { bound: largestEntry(sample, differences[which], method) + floor, floor };
	});
}

const dot = (x: Float64Array, y: Float64Array): number => {
	let sum = 0;
	for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
	return sum;
};

function polynomialWeight(coefficients: Float64Array): (score: number) => number {
	return (score) => {
		let value = 0;
		for (let k = coefficients.length - 1; k >= 0; k--) value = value * score + coefficients[k];
		return value;
	};
}

const derivative = (coefficients: Float64Array): Float64Array => coefficients.slice(1).map((a, k) => (k + 1) * a);

/** sum += weight [value, 1]. */
function addWeighted(sum: Float64Array, weight: number, value: Float64Array): void {
	addScaled(sum, weight, value);
	sum[value.length] += weight;
}

function addScaled(sum: Float64Array, factor: number, x: Float64Array): void {
	for (let i = 0; i < x.length; i++) sum[i] += factor * x[i];
}

/** [c̃, -r̃] / D̃ from the unnormalised sums; NaN where the normaliser is not positive: then nothing is estimated. */
function cotangentOf(sum: Float64Array, { target }: SampledRow): Float64Array {
	const d = target.length;
	const normaliser = sum[d] > 0 ? sum[d] : Number.NaN;
	const cotangent = new Float64Array(d + 1);
	for (let i = 0; i < d; i++) {
		const output = sum[i] / normaliser;
		cotangent[i] = (output - target[i]) / normaliser;
		cotangent[d] -= cotangent[i] * output;
	}
	return cotangent;
}

function exactCotangent({ residual, output, normaliser }: SampledRow): Float64Array {
	const d = output.length;
	const cotangent = new Float64Array(d + 1);
	for (let i = 0; i < d; i++) {
		cotangent[i] = residual[i] / normaliser;
		cotangent[d] -= cotangent[i] * output[i];
	}
	return cotangent;
}

/** <cotangent, [value, 1]>. */
const against = (cotangent: Float64Array, value: Float64Array): number =>
	dot(value, cotangent) + cotangent[value.length];

/** max over entries of |mean| + 3 standard errors, the sample being drawn without replacement. */
function largestEntry({ rows }: RowSample, differences: readonly Float64Array[], { profile }: Method): number {
	const { n, d, scale } = profile;
	const m = rows.length;
	let largest = 0;
	for (let a = 0; a < d; a++)
		for (let b = 0; b < d; b++) {
			const terms = rows.map(({ input }, at) => n * scale * input[a] * differences[at][b]);
			const mean = terms.reduce((sum, x) => sum + x, 0) / m;
			const variance = m > 1 ? terms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (m - 1) : 0;
			const entry = Math.abs(mean) + 3 * Math.sqrt((variance / m) * (1 - m / n));
			if (!(entry <= largest)) largest = Number.isNaN(entry) ? Number.POSITIVE_INFINITY : entry;
		}
	return largest;
}

/** The rounding floor with every count c·u taken as √c·u, and rows as independent. */
function likelyRounding(sample: RowSample, method: Method, candidate: Candidate): number {
	const counts = probableCounts(candidate.counts, unitRoundoff(method.profile.dtype));
	return predictBound(sample, method, { ...candidate, counts }).floor / Math.sqrt(method.profile.n);
}
