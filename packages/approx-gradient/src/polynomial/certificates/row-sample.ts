import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { drawRows } from "../../rows/draw-rows.ts";
import { rowsTimes } from "../../rows/rows-times.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import type { Profile } from "../profile/profile.ts";
import { centredKeyRows } from "./centred-keys.ts";
import { pilotDegree, pilotInflation } from "./deviation-pilot.ts";
import { l1OfRow } from "./entry-error.ts";
import { errorForms, type ProvenBound } from "./forms/forms.ts";

/** A row of queries worked out exactly. */
export interface SampledRow {
	/** Row of A1, and the query about the frame's centre. */
	readonly input: Float64Array;
	readonly query: Float64Array;
	readonly target: Float64Array;
	/** Σ_l ω_l e^<q, k_l>, and the exact output f h, residual c. */
	normaliser: number;
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** σ_f(h_i), σ_f(A2_b). */
	readonly deviations: { values: Float64Array; keys: Float64Array };
}

/** Rows of queries drawn at random and worked out exactly against all keys: O(m n d) for m rows. */
export interface RowSample {
	readonly rows: readonly SampledRow[];
	/** Σ_l ω_l = Σ_l e^<ν, k_l>. */
	readonly totalWeight: number;
}

/**
 * Draws min(size, n) different rows and works them out in one pass over keys and values, about the profile's centres.
 * The scores about the centres are at most R, so nothing overflows where an approximation would make sense.
 */
export function sampleRows(
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	size: number,
	seed: number,
): RowSample {
	const { d, queryCentre, valueCentre } = profile;
	const rows = drawRows(problem.n, size, seed, "row sample").map((j) => readRow(problem, j, queryCentre));
	const sums = rows.map(() => new Float64Array(4 * d));
	let totalWeight = 0;
	for (const { point, value, weight } of centredKeyRows(problem, profile)) {
		totalWeight += weight;
		rows.forEach((row, at) => {
			const entry = weight * Math.exp(dot(row.query, point));
			row.normaliser += entry;
			const sum = sums[at];
			for (let i = 0; i < d; i++) {
				const h = value[i] - valueCentre[i];
				sum[i] += entry * h;
				sum[d + i] += entry * h * h;
				sum[2 * d + i] += entry * point[i];
				sum[3 * d + i] += entry * point[i] * point[i];
			}
		});
	}
	rows.forEach((row, at) => {
		const mean = sums[at].map((sum) => sum / row.normaliser);
		const deviation = (first: number, second: number): number =>
			Math.sqrt(Math.max(0, mean[second] - mean[first] ** 2));
		for (let i = 0; i < d; i++) {
			row.output[i] = mean[i] + valueCentre[i];
			row.residual[i] = row.output[i] - row.target[i];
			row.deviations.values[i] = deviation(i, d + i);
			row.deviations.keys[i] = deviation(2 * d + i, 3 * d + i);
		}
	});
	return { rows, totalWeight };
}

const dot = (x: Float64Array, y: Float64Array): number => {
	let sum = 0;
	for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
	return sum;
};

function readRow(problem: AttentionProblem<RowSource>, j: number, queryCentre: Float64Array): SampledRow {
	const { d } = problem;
	const [input, query, target] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
	problem.A1.readRows(j, j + 1, input);
	problem.E.readRows(j, j + 1, target);
	rowsTimes(input, problem.X, problem.scale, 1, query);
	for (let b = 0; b < d; b++) query[b] -= queryCentre[b];
	return {
		input,
		query,
		target,
		normaliser: 0,
		output: new Float64Array(d),
		residual: new Float64Array(d),
		deviations: { values: new Float64Array(d), keys: new Float64Array(d) },
	};
}

const inflated = ({ values, keys }: SampledRow["deviations"]): SampledRow["deviations"] => ({
	values: values.map((sigma) => pilotInflation * sigma),
	keys: keys.map((sigma) => pilotInflation * sigma),
});

/**
 * The predicted a-posteriori certificate of an approximation, estimated from a sample of rows: the same forms
 * with the sample's exact residuals and deviations. Not a proof; the run gives that.
 */
export function predictBound({ rows, totalWeight }: RowSample, method: Method, candidate: Candidate): ProvenBound {
	const { n } = method.profile;
	const { space, profile, route } = method;
	const forms = errorForms(method, candidate);
	const piloted = pilotDegree(method, candidate) !== undefined;
	for (const row of rows) {
		const massRatio = totalWeight / row.normaliser;
		const reach = Math.min(
			row.query.reduce((sum, q, i) => sum + Math.abs(q) * profile.keyReach[i], 0),
			Math.sqrt(dot(row.query, row.query)) * profile.keyNorm,
			space.radius,
		);
		forms.add(
			{
				inputs: row.input.map(Math.abs),
				residuals: row.residual.map(Math.abs),
				outputs: row.output.map((output, i) => Math.abs(output - profile.valueCentre[i])),
				l1: l1OfRow(candidate.error, massRatio),
				growth: massRatio * sizeOfTerms(candidate.coefficients, reach, route.surrogate),
				...(piloted && { deviations: inflated(row.deviations) }),
			},
			n / rows.length,
		);
	}
	return forms.result();
}
