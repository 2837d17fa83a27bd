import { generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import { createRuntime, type Matrix, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { constantsOf, gaussRequest } from "../gauss-gradient.ts";
import { plainGaussRun } from "../run/plain-run.ts";
import { PairSums } from "./pair-sums.ts";
import { type RecordSink, recordPlaces } from "./row-record.ts";
import { RowWeights } from "./row-weights.ts";
import { BINS, type KeyTable, keyTable, sampledKeys } from "./sampled-keys.ts";

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
	return { problem, run, places, rows, factor, keys, weights, degree };
}

type Recorded = Awaited<ReturnType<typeof recorded>>;

/** Coins that give numbers in turn. */
const given = (numbers: number[]) => {
	let at = 0;
	return { ...seededRandom(1, "unused"), uniform: () => numbers[at++ % numbers.length] };
};

/** The mean over all pairs of a row with keys: the sums of one run of each pair, over the number of pairs. */
function allPairs(
	{ problem: { n, d }, places, keys, weights, factor, degree }: Recorded,
	row: Float64Array,
	table: KeyTable,
) {
	const size = factor * Math.max(...row.subarray(places.input, places.input + d).map(Math.abs));
	const shape = { d, n, degree, nodes: Math.floor((degree + 1) / 2) };
	const chances: number[] = [];
	const m = table.places;
	for (let l = 0; l < m; l++) for (let k = 0; k < m; k++) chances.push((l + 0.5) / m, (k + 0.5) / m);
	const sums = new PairSums(shape, table, places, size * weights.mean, given(chances));
	for (let pair = 0; pair < m * m; pair++) sums.addRow(row, weights, 1, size, factor);
	return { mean: sums.sampledMeans().map((sum) => sum / m ** 2), bound: sums.sampledBound() / m ** 2, size, keys };
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
			const table = keyTable(
				all.keys,
				Float64Array.from({ length: BINS }, (_, bin) => 1 + bin / 8),
				seededRandom(1, "order"),
			);
			expect(table.places).toBeGreaterThan(n);
			const mean = new Float64Array(d * d);
			let [bound, known] = [0, 0];
			const rest = new Float64Array(d);
			for (const row of all.rows) {
				all.weights.read(row);
				const pairs = allPairs(all, row, table);
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
		const { problem, rows, weights, places, factor, keys, run } = all;
		const { n, d } = problem;
		const error = differenceOf(gradientByRows(problem).gradient, run.gradient);
		let known = 0;
		const rest = new Float64Array(d);
		const sizes = rows.map((row) => {
			weights.read(row);
			const size = factor * Math.max(...row.subarray(places.input, places.input + d).map(Math.abs));
			known += size * weights.mean;
			for (let a = 0; a < d; a++) rest[a] += factor * Math.abs(row[places.input + a]) * (weights.rest + weights.bias);
			return size;
		});
		const draws = 200;
		let [failures, failuresOfSums] = [0, 0];
		for (let seed = 0; seed < draws; seed++) {
			const random = seededRandom(seed, "draw");
			const table = keyTable(keys, new Float64Array(BINS).fill(1), random);
			const sums = new PairSums({ d, n, degree: 3, nodes: 2 }, table, places, known / n, random);
			for (const [j, row] of rows.entries()) {
				weights.read(row);
				sums.addRow(row, weights, 6, sizes[j], factor);
			}
			const [bounds, means] = [sums.means(known, 0.2), sums.sampledMeans()];
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
