import { type BackwardProblem, headsOf } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardDefinition } from "@attgrad/exact-gradient";
import { createRuntime, type Matrix } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Adversary, adversaries, arbitraryHead, changed } from "../../testing/problems.ts";
import { withHeadPasses } from "./head-passes.ts";
import { HeadFeatures, hybridHead } from "./hybrid-head.ts";
import { SURE } from "./hybrid-options.ts";
import { keysOfShare } from "./ranks.ts";

const runtime = await createRuntime({});
afterAll(() => runtime.close());

/** Rows of all queries, and those of keys of some of the queries. */
async function passesOf(problem: BackwardProblem, rank: number, share: number) {
	const head = hybridHead(headsOf(problem)[0], problem.scale);
	const { map } = await (await HeadFeatures.of(head, 0, rank, runtime)).at(rank);
	const work = async (passes: Parameters<Parameters<typeof withHeadPasses>[3]>[0]) => {
		const rows = await passes.rows();
		// Every third query is left out, and those of which nothing is said.
		const kept = Array.from(rows.nu.keys()).filter(
			(j) => j % 3 !== 1 && rows.nu[j] < SURE && Number.isFinite(rows.bounds[j]),
		);
		return { rows, kept, columns: await passes.columns(rows, kept, "sizes") };
	};
	return withHeadPasses(map, head, runtime, work, keysOfShare(share));
}

/** Expects all rows of dQ, and those of dK and dV of the queries that are kept, within their bounds of the definition in whole numbers; gives the bounds of dQ. */
async function expectProved(problem: BackwardProblem, rank: number, share: number): Promise<Float64Array> {
	const { rows, kept, columns } = await passesOf(problem, rank, share);
	const { scale } = problem;
	const visible = () => true;
	const { dQ } = operatorTruth({ ...problem, visible }, problem.dO);
	const dO = changed(problem.dO, (x, j) => (kept.includes(j) ? x : 0));
	const { dK, dV } = operatorTruth({ ...problem, visible }, dO);
	const isWithin = (name: string, got: Matrix, truth: Matrix, bounds: Float64Array, factor = 1) => {
		for (const [at, x] of truth.data.entries()) {
			const bound = factor * bounds[Math.floor(at / truth.cols)];
			if (bound === Number.POSITIVE_INFINITY) continue;
			const error = Math.abs(factor * got.data[at] - x);
			// The truth is rounded to doubles, and so is the factor.
			expect(error, `${name} ${at}`).toBeLessThanOrEqual(bound + 2 ** -51 * Math.abs(x));
		}
	};
	isWithin("dQ", rows.gradients, dQ.toMatrix(), rows.bounds, scale);
	isWithin("dK", columns.dK, dK.toMatrix(), columns.keyBounds);
	isWithin("dV", columns.dV, dV.toMatrix(), columns.valueBounds);
	return rows.bounds;
}

test.each([0.3, 1, 3])("rows are within their bounds whatever keys are exact, entries of spread %d", async (spread) => {
	await fc.assert(
		fc.asyncProperty(
			arbitraryHead(spread),
			fc.integer({ min: 1, max: 20 }),
			fc.constantFrom(0, 0.1, 0.5, 0.9),
			async (problem, rank, share) => {
				await expectProved(problem, rank, Math.min(share, 1 - 1 / problem.n_k));
			},
		),
		{ numRuns: 30, seed: 5 },
	);
});

describe("adversaries", () => {
	const given = randomBackwardProblem({ n_q: 30, n_k: 45, d: 3, d_v: 2, scale: 0.5 });

	test.each<Adversary>([
		...adversaries(given),
		["keys far from zero", { K: changed(given.K, (x) => 1e3 + x) }],
		["one value a million times larger", { V: changed(given.V, (x, l) => (l === 7 ? 1e6 * x : x)) }],
		["no upstream gradient", { dO: changed(given.dO, () => 0) }],
	])("%s", async (_, change) => {
		const problem = { ...given, ...change };
		for (const rank of [1, 6, 20]) for (const share of [0.05, 0.4, 0.95]) await expectProved(problem, rank, share);
	});
});

test("the weight of an exact key that counts as 0 is an error", async () => {
	const given = randomBackwardProblem({ n_q: 40, n_k: 40, d: 1, d_v: 1, scale: 1, spread: 0.3 });
	// The others see the first key with a weight of e^(−35.5²/2), below 2^-900: a large upstream gradient makes it count.
	const apart = (x: number, row: number) => 0.02 * x + (row === 0 ? -17.75 : 17.75);
	const problem = {
		...given,
		...{ Q: changed(given.Q, apart), K: changed(given.K, apart) },
		V: changed(given.V, (x, l) => (l === 0 ? 100 * x : x)),
	};
	const cotangents = changed(given.dO, (_, j) => (j === 0 ? 0 : 2 ** 450));
	const { rows, kept, columns } = await passesOf({ ...problem, dO: cotangents }, 20, 1 / problem.n_k);
	expect(kept).toHaveLength(27);
	expect(rows.exact?.weights.findLastIndex((weight) => weight > 0)).toBe(0);
	const dO = changed(cotangents, (x, j) => (kept.includes(j) ? x : 0));
	const { dK, dV } = await backwardDefinition.run({ ...problem, dO }, {}, runtime);
	expect([columns.dK.data[0], columns.dV.data[0]]).toEqual([0, 0]);
	// No rounding of the definition is as large as half of what it gives.
	expect(columns.keyBounds[0]).toBeGreaterThan(2 * Math.abs(dK.data[0]));
	expect(columns.valueBounds[0]).toBeGreaterThan(2 * Math.abs(dV.data[0]));
	expect(Math.min(Math.abs(dK.data[0]), Math.abs(dV.data[0]))).toBeGreaterThan(2 ** -470);
});

test("exact keys lower the bounds of rows, most where they stick out", async () => {
	const given = randomBackwardProblem({ n_q: 60, n_k: 90, d: 3, d_v: 2, spread: 0.8 });
	const problem = { ...given, K: changed(given.K, (x, l) => (l % 30 === 4 ? 3 * x : x)) };
	const median = async (share: number) => (await expectProved(problem, 10, share)).toSorted()[30];
	const [none, few, many] = [await median(0), await median(0.05), await median(0.5)];
	expect(few).toBeLessThan(0.5 * none);
	expect(many).toBeLessThan(0.7 * few);
});
