import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../rows/rows-times.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import type { RunTotals } from "../kernels/kernel-route.ts";
import type { Profile } from "../profile/profile.ts";

/** Rows and keys that are looked at, whatever n is: c_j is a mean over keys, and what is summed of it one over rows. */
const SAMPLE = { queries: 128, keys: 96 };

/** Totals that were predicted, by profile: methods that are compared for one problem share them. */
const predicted = new WeakMap<Profile, RunTotals>();

/**
 * The predicted totals of a run on kernels, from 128 rows against 96 keys spread evenly: some 7 % off at most for the
 * residuals of uniform data. Not a proof; the run gives that. O(1) in n, about a millisecond.
 */
export function predictedTotals(problem: AttentionProblem<RowSource>, profile: Profile): RunTotals {
	const totals = predicted.get(profile) ?? totalsOfSample(problem, profile);
	predicted.set(profile, totals);
	return totals;
}

function totalsOfSample(problem: AttentionProblem<RowSource>, profile: Profile): RunTotals {
	const { n, d, queryCentre, valueCentre, inputSums } = profile;
	const { keys, values, weights } = sampledKeys(problem, profile);
	const sample = subProblem(problem, SAMPLE.queries);
	const queries = new Float64Array(sample.n * d);
	rowsTimes(Float64Array.from(sample.A1.data), sample.X, sample.scale, sample.n, queries);
	subtractCentre(queries, queryCentre);

	const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
	let leastNormaliser = Number.POSITIVE_INFINITY;
	const weighted = Matrix.zeros(d, d);
	const sizes = new Float64Array(d);
	const output = new Float64Array(d);
	for (let j = 0; j < sample.n; j++) {
		output.fill(0);
		let normaliser = 0;
		for (let l = 0; l < weights.length; l++) {
			let score = 0;
			for (let b = 0; b < d; b++) score += queries[j * d + b] * keys[l * d + b];
			const entry = weights[l] * Math.exp(score);
			normaliser += entry;
			for (let i = 0; i < d; i++) output[i] += entry * values[l * d + i];
		}
		leastNormaliser = Math.min(leastNormaliser, normaliser);
		for (let i = 0; i < d; i++) {
			const residual = Math.abs(output[i] / normaliser + valueCentre[i] - sample.E.at(j, i));
			for (let a = 0; a < d; a++) weighted.data[a * d + i] += Math.abs(sample.A1.at(j, a)) * residual;
		}
		for (let a = 0; a < d; a++) sizes[a] += Math.abs(sample.A1.at(j, a));
	}
	const share = n / weights.length;
	return {
		inputSums,
		// Σ|A1| is known: only the mean of |c| is the sample's.
		residualSums: Matrix.build(d, d, (a, i) =>
			sizes[a] > 0 ? (inputSums[a] * weighted.at(a, i)) / sizes[a] : inputSums[a] * Math.abs(valueCentre[i]),
		),
		totalWeight: share * totalWeight,
		leastNormaliser: share * leastNormaliser,
	};
}

/** Sampled keys k_l and values h_l - η, and the weights ω_l. */
function sampledKeys(problem: AttentionProblem<RowSource>, { d, queryCentre, keyCentre, valueCentre }: Profile) {
	const { n, A2, A3, Y } = subProblem(problem, SAMPLE.keys);
	const keys = Float64Array.from(A2.data);
	subtractCentre(keys, keyCentre);
	const values = new Float64Array(n * d);
	rowsTimes(Float64Array.from(A3.data), Y, 1, n, values);
	subtractCentre(values, valueCentre);
	const weights = Float64Array.from({ length: n }, (_, l) => {
		let exponent = 0;
		for (let b = 0; b < d; b++) exponent += queryCentre[b] * keys[l * d + b];
		return Math.exp(exponent);
	});
	return { keys, values, weights };
}

/** Subtracts the centre from every row. */
function subtractCentre(rows: Float64Array, centre: Float64Array): void {
	for (let at = 0; at < rows.length; at += centre.length)
		for (let b = 0; b < centre.length; b++) rows[at + b] -= centre[b];
}
