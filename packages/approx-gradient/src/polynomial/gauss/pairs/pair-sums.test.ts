import { generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import { createRuntime, type Matrix } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { constantsOf, gaussRequest } from "../gauss-request.ts";
import { plainGaussRun } from "../run/plain-run.ts";
import { coinsStart, rowCoins } from "./pair-coins.ts";
import { type PairPlan, PairSums } from "./pair-sums.ts";
import { meansOf, sampledMeans, totalsPlaces } from "./pair-totals.ts";
import { type RecordSink, recordPlaces } from "./row-record.ts";
import { RowWeights } from "./row-weights.ts";
import { BINS, type KeyChoice, keyChoices, sampledKeys } from "./sampled-keys.ts";

/** A small run with the records of all rows. */
async function recorded(
	distribution: "uniform" | "gaussian" | "clustered",
	n: number,
	d: number,
	degree: number,
	seed: number,
) {
	const problem = generateProblem({ distribution, n, d, B: 0.5, seed });
	const runtime = await createRuntime({ kernel: "js", threads: 1 });
	const profile = await profileOn(problem, runtime);
	const request = gaussRequest(problem, profile, runtime, "v2");
	const constants = constantsOf(request, degree);
	const places = recordPlaces(d, degree);
	const rows: Float64Array[] = [];
	const records: RecordSink = {
		places,
		take({ data, count }) {
			for (let j = 0; j < count; j++) rows.push(data.slice(j * places.length, (j + 1) * places.length));
		},
		onKernels: () => {
			throw new Error("a plain run");
		},
	};
	const { space } = request;
	const run = await plainGaussRun({
		problem,
		tree: keptTotalDegreeTree(d, degree),
		space,
		constants,
		route: "moment",
		records,
	});
	const factor = profile.scale * space.frame.queryMap.data[0];
	const keys = sampledKeys(problem, space);
	const weights = new RowWeights(constants, places, space, profile);
	const { valueHalfRange } = profile;
	/** So many pairs for each row. */
	const planOf = (meanPairs: number, unit: number): PairPlan => ({
		...{
			d,
			degree,
			nodes: Math.floor((degree + 1) / 2),
			factor,
			valueHalfRange,
			unit,
			rate: 0,
			mostOfRow: 0,
			most: 1e9,
		},
		meanPairs: 10 * meanPairs,
	});
	return { problem, run, places, rows, factor, keys, weights, planOf };
}

type Recorded = Awaited<ReturnType<typeof recorded>>;

/** The coin of a choice and a place of it. */
const coinOf = (choice: number, place: number, count: number): bigint =>
	(BigInt(Math.floor(((place + 0.5) / count) * 2 ** 53)) << 11n) | BigInt(choice);

/** The mean of the runs of a row over all pairs of keys that a run may begin with, each with its chance. */
function allPairs(
	{ problem: { d }, places, keys, weights, factor, planOf }: Recorded,
	row: Float64Array,
	choices: readonly KeyChoice[],
) {
	const size = factor * Math.max(...row.subarray(places.input, places.input + d).map(Math.abs));
	const bins = choices
		.map((choice, at) => ({ ...choice, at }))
		.filter(({ start }, at) => choices[at - 1]?.start !== start);
	const chanceOf = ({ start }: KeyChoice): number =>
		choices.filter((other) => other.start === start).length / choices.length;
	const mean = new Float64Array(d * d);
	let bound = 0;
	for (const first of bins)
		for (const second of bins) {
			const sums = new PairSums(planOf(8, size * weights.mean), keys, choices, places);
			for (let l = 0; l < first.count; l++)
				for (let k = 0; k < second.count; k++) {
					const coins = [coinOf(first.at, l, first.count), coinOf(second.at, k, second.count)];
					sums.addRow(row, weights, () => coins.shift() ?? 0n);
					expect(coins).toHaveLength(0);
				}
			const chance = (chanceOf(first) * chanceOf(second)) / (first.count * second.count);
			for (const [at, sum] of sampledMeans(sums.totals, d).entries()) mean[at] += chance * sum;
			bound += chance * sums.totals[totalsPlaces(d).total];
		}
	return { mean, bound, size };
}

describe("pairs of queries and keys", () => {
	test.each([
		["uniform", 14, 1, 1, 1],
		["uniform", 12, 2, 3, 2],
		["gaussian", 12, 2, 2, 3],
		["clustered", 12, 3, 3, 4],
	] as const)(
		"have the gradient's error as their mean, and the known mean of their bounds: %s n = %s d = %s degree %s",
		async (distribution, n, d, degree, seed) => {
			const all = await recorded(distribution, n, d, degree, seed);
			expect(all.rows).toHaveLength(n);
			const choices = keyChoices(
				all.keys,
				Float64Array.from({ length: BINS }, (_, bin) => 1 + bin / 8),
			);
			const mean = new Float64Array(d * d);
			let [bound, known] = [0, 0];
			const rest = new Float64Array(d);
			for (const row of all.rows) {
				all.weights.read(row);
				const pairs = allPairs(all, row, choices);
				for (let at = 0; at < d * d; at++) mean[at] += pairs.mean[at];
				bound += pairs.bound;
				known += pairs.size * all.weights.mean;
				for (let a = 0; a < d; a++) rest[a] += all.factor * Math.abs(row[all.places.input + a]) * all.weights.rest;
			}
			const error = differenceOf(gradientByRows(all.problem).gradient, all.run.gradient);
			const largest = Math.max(...error.map(Math.abs));
			for (let a = 0; a < d; a++)
				for (let b = 0; b < d; b++)
					expect(Math.abs(error[a * d + b] - mean[a * d + b])).toBeLessThanOrEqual(rest[a] + 1e-13);
			// The remainder is of second order: the mean is most of the error where that is small.
			expect(largest).toBeGreaterThan(1e-9);
			expect(bound).toBeLessThanOrEqual(known * (1 + 2e-9));
			expect(bound).toBeGreaterThan(0.5 * known);
			for (const entry of mean) expect(Math.abs(entry)).toBeLessThanOrEqual(bound);
		},
	);

	test("bound the error in four of five draws, which their sums alone do not", async () => {
		const all = await recorded("uniform", 40, 2, 3, 8);
		const { problem, rows, weights, places, factor, keys, run, planOf } = all;
		const { d } = problem;
		const error = differenceOf(gradientByRows(problem).gradient, run.gradient);
		let known = 0;
		const rest = new Float64Array(d);
		for (const row of rows) {
			weights.read(row);
			const size = factor * Math.max(...row.subarray(places.input, places.input + d).map(Math.abs));
			known += size * weights.mean;
			for (let a = 0; a < d; a++) rest[a] += factor * Math.abs(row[places.input + a]) * (weights.rest + weights.bias);
		}
		const choices = keyChoices(keys, new Float64Array(BINS).fill(1));
		const draws = 200;
		let [failures, failuresOfSums] = [0, 0];
		for (let seed = 0; seed < draws; seed++) {
			const plan = planOf(6, known / rows.length);
			const sums = new PairSums(plan, keys, choices, places);
			for (const [j, row] of rows.entries()) {
				weights.read(row);
				sums.addRow(row, weights, rowCoins(coinsStart(seed), j));
			}
			const sample = { d, unit: plan.unit, keys: rows.length };
			const [bounds, means] = [meansOf(sums.totals, sample, known, 0.2), sampledMeans(sums.totals, d)];
			const beyond = (boundOf: (entry: number) => number): boolean =>
				error.some((x, entry) => Math.abs(x) > boundOf(entry) + rest[Math.floor(entry / d)]);
			if (beyond((entry) => bounds[entry])) failures++;
			if (beyond((entry) => Math.abs(means[entry]))) failuresOfSums++;
		}
		// Of 200 draws that each fail with a chance of 0.2, 55 or more fail with one of 0.006.
		expect(failures).toBeLessThan(55);
		expect(failuresOfSums).toBeGreaterThan(55);
	});
});

const differenceOf = (exact: Matrix, computed: Matrix): Float64Array =>
	exact.data.map((x, at) => x - computed.data[at]) as Float64Array;
