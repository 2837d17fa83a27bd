import { type AttentionProblem, asDtype, scaledQueries } from "@attgrad/attention-problem";
import { denseIntermediates } from "@attgrad/exact-gradient";
import type { Profile } from "../polynomial/profile/profile.ts";

/** The false bounds of a profile, found in double precision from all pairs of rows: each with the true number and the stated bound. */
export function uncovered(given: AttentionProblem, profile: Profile): string[] {
	const problem = asDtype(given, "f64");
	const { n, d, A1, A2 } = problem;
	const { queryCentre, keyCentre, valueCentre } = profile;
	const queries = scaledQueries(problem);
	const { c, h } = denseIntermediates(problem);
	const found: string[] = [];
	const atMost = (what: string, is: number, said: number) => {
		if (!(is <= said)) found.push(`${what} is ${is}, not at most ${said}`);
	};
	const weights = new Float64Array(n);
	const values = new Float64Array(d);
	for (let l = 0; l < n; l++) {
		const key = Float64Array.from(A2.row(l), (x, b) => x - keyCentre[b]);
		atMost("a key's norm", Math.hypot(...key), profile.keyNorm);
		weights[l] = Math.exp(key.reduce((sum, k, b) => sum + queryCentre[b] * k, 0));
		for (let i = 0; i < d; i++) {
			const value = Math.abs(h.at(l, i) - valueCentre[i]);
			values[i] += weights[l] * value;
			atMost("a key", Math.abs(key[i]), profile.keyReach[i]);
			atMost("a value", value, profile.valueHalfRange[i]);
		}
	}
	const total = weights.reduce((sum, w) => sum + w, 0);
	for (let i = 0; i < d; i++) atMost("the mean of values", values[i] / total, profile.valueMean[i]);
	for (let j = 0; j < n; j++) {
		const query = Float64Array.from(queries.row(j), (x, b) => x - queryCentre[b]);
		atMost("a query's norm", Math.hypot(...query), profile.queryNorm);
		let normaliser = 0;
		for (let l = 0; l < n; l++) {
			let score = 0;
			for (let b = 0; b < d; b++) score += query[b] * (A2.at(l, b) - keyCentre[b]);
			normaliser += weights[l] * Math.exp(score);
		}
		atMost("a deficit", Math.log(total / normaliser), profile.deficit);
		for (let b = 0; b < d; b++) atMost("a query", Math.abs(query[b]), profile.queryReach[b]);
	}
	for (let a = 0; a < d; a++) {
		let inputs = 0;
		const residuals = new Float64Array(d);
		for (let j = 0; j < n; j++) {
			inputs += Math.abs(A1.at(j, a));
			for (let i = 0; i < d; i++) residuals[i] += Math.abs(A1.at(j, a) * c.at(j, i));
		}
		atMost("the sum of inputs", inputs, profile.inputSums[a]);
		for (let i = 0; i < d; i++) atMost("the sum of residuals", residuals[i], profile.residualSums.at(a, i));
	}
	return found;
}
