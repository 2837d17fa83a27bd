import { type BackwardProblem, type BackwardResult, headsOf } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardDefinition } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { adversaries, arbitraryHead, changed } from "../../testing/problems.ts";
import { backwardHybrid } from "./hybrid-backward.ts";

const runtime = await createRuntime({ kernel: "js" });
const kernels = await createRuntime({});
afterAll(async () => {
	await runtime.close();
	await kernels.close();
});

const names = ["dQ", "dK", "dV"] as const;

const run = (problem: BackwardProblem, given: object = {}, on = runtime): Promise<BackwardResult> =>
	backwardHybrid.run(problem, backwardHybrid.options.parse(given), on);

/** Expects every entry of a single head within the bound of its row, on kernels and without, against the definition in whole numbers. */
async function expectProved(problem: BackwardProblem, given: object): Promise<void> {
	for (const on of [runtime, kernels]) expectWithin(problem, await run(problem, given, on));
}

function expectWithin(problem: BackwardProblem, got: BackwardResult): void {
	const truth = operatorTruth({ ...problem, visible: () => true }, problem.dO);
	for (const name of names) {
		const wanted = truth[name].toMatrix();
		for (const [at, x] of wanted.data.entries()) {
			const bound = got.certificate?.rowBounds?.[name][Math.floor(at / wanted.cols)] ?? 0;
			// The truth is rounded to doubles.
			expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(bound + 2 ** -52 * Math.abs(x));
		}
	}
}

test.each([0.3, 1, 3])("rows are within their bounds at any rank, entries of spread %d", async (spread) => {
	await fc.assert(
		fc.asyncProperty(arbitraryHead(spread), fc.integer({ min: 1, max: 60 }), async (problem, rank) => {
			await expectProved(problem, { rank });
			await expectProved(problem, { rank, proves: "dQ" });
		}),
		{ numRuns: 25, seed: 3 },
	);
});

describe("adversaries", () => {
	const given = randomBackwardProblem({ n_q: 30, n_k: 45, d: 3, d_v: 2 });

	test.each(adversaries(given))("%s", async (_, change) => {
		const problem = { ...given, ...change };
		for (const rank of [1, 8, 40]) for (const proves of ["all", "dQ"]) await expectProved(problem, { rank, proves });
	});
});

test("heads of a group add to their keys, and the output is given, on kernels too", async () => {
	const problem = randomBackwardProblem({ n_q: 111, n_k: 63, d: 5, d_v: 7, batch: 2, keyHeads: 2, group: 2 });
	expect(headsOf(problem)).toHaveLength(8);
	const exact = await backwardDefinition.run(problem, {}, runtime, { output: true });
	for (const on of [runtime, kernels]) {
		const got = await run(problem, { rank: 50 }, on);
		for (const name of names)
			expect(maxAbsDifference(got[name], exact[name])).toBeLessThanOrEqual(
				(got.certificate?.bounds[name] ?? 0) + 1e-12,
			);
		if (!got.output || !exact.output) throw new Error("both give the output");
		expect(maxAbsDifference(got.output, exact.output)).toBeLessThan(1e-2);
		expect(got.rank).toHaveLength(8);
	}
});

test("an accuracy is proven, with rows that stick out done exactly, or refused", async () => {
	const given = randomBackwardProblem({ n_q: 200, n_k: 200, d: 2, d_v: 2, spread: 0.7 });
	const problem = { ...given, Q: changed(given.Q, (x, j) => (j % 40 === 0 ? 12 * x : x)) };
	const exact = await backwardDefinition.run(problem, {}, runtime);
	const got = await run(problem, { relative: 1e-2 });
	expect(got.certificate?.kind).toBe("a-posteriori");
	for (const name of names) {
		expect(got.certificate?.bounds[name]).toBeLessThanOrEqual(1e-2 * maxAbs(got[name]));
		expect(maxAbsDifference(got[name], exact[name])).toBeLessThanOrEqual(1e-2 * maxAbs(got[name]));
	}
	await expect(run(problem, { epsilon: 1e-30 })).rejects.toThrow(ComputationError);
});

test("an accuracy of dQ alone is proven where that of dK is not", async () => {
	const given = randomBackwardProblem({ n_q: 300, n_k: 300, d: 3, d_v: 3, spread: 1.5 });
	// Entries of dK are of the size of queries, those of dQ of the size of keys.
	const problem = { ...given, Q: changed(given.Q, (x) => 10 * x), K: changed(given.K, (x) => x / 10) };
	const { certificate } = await run(problem, { rank: 64 });
	if (!certificate) throw new Error("hybrid has a certificate");
	const { dQ, dK } = certificate.bounds;
	expect(dK).toBeGreaterThan(4 * dQ);
	const epsilon = 2 * dQ;
	for (const on of [runtime, kernels]) {
		const [ofQueries, ofAll] = [await run(problem, { epsilon, proves: "dQ" }, on), await run(problem, { epsilon }, on)];
		expectWithin(problem, ofQueries);
		expect(ofQueries.certificate?.bounds.dQ).toBeLessThanOrEqual(epsilon);
		expect(ofQueries.certificate?.bounds.dK).toBeGreaterThan(epsilon);
		expect(ofAll.certificate?.bounds.dK).toBeLessThanOrEqual(epsilon);
	}
});

test("scores of few directions, whose pivots soon are rounding, have a proof at every rank, without exact rows", async () => {
	for (const d of [1, 2, 3]) {
		const problem = randomBackwardProblem({ n_q: 200, n_k: 200, d, d_v: 3, spread: 1 });
		for (const rank of [64, 128, 512]) {
			const result = await run(problem, { rank }, kernels);
			expectWithin(problem, result);
			expect(result.exactRows).toBe(0);
			for (const name of ["dQ", "dK", "dV"] as const)
				expect(result.certificate?.bounds[name]).toBeLessThan(1e-2 * maxAbs(result[name]));
		}
	}
});

test("an accuracy that no rank proves is proved by exact rows", async () => {
	const problem = randomBackwardProblem({ n_q: 70, n_k: 90, d: 2, d_v: 3, spread: 1 });
	for (const on of [runtime, kernels]) {
		const result = await run(problem, { relative: 1e-7 }, on);
		expectWithin(problem, result);
		expect(result.exactRows).toBe(70);
	}
	await expect(run(problem, { epsilon: 1e-17 })).rejects.toThrow(/^hybrid: no rank up to 768 proves epsilon 1e-17; /);
});

test.each([
	["values", { V: 1e-162, dO: 1 }],
	["values beside a large upstream gradient", { V: 1e-162, dO: 1e35 }],
	["upstream gradients", { V: 1, dO: 1e-170 }],
	["keys", { K: 1e-165 }],
])(
	"bounds count what forms of tiny %s lose below the normal range",
	async (_, factors: Partial<Record<"K" | "V" | "dO", number>>) => {
		const given = randomBackwardProblem({ n_q: 12, n_k: 9, d: 2, d_v: 2, spread: 0.3 });
		const scaled = Object.entries(factors).map(([name, factor]) => [
			name,
			changed(given[name as "K" | "V" | "dO"], (x) => factor * x),
		]);
		const problem = { ...given, ...Object.fromEntries(scaled) };
		await expectProved(problem, { rank: 2 });
	},
);

test("a tiny column of values beside a large one of the upstream gradient loses nothing that is not counted", async () => {
	const given = randomBackwardProblem({ n_q: 12, n_k: 9, d: 2, d_v: 2, spread: 0.3 });
	const problem = {
		...given,
		V: changed(given.V, (x, _, i) => (i === 0 ? 1e-170 * x : x)),
		dO: changed(given.dO, (x, _, i) => (i === 0 ? 1e170 * x : x)),
	};
	await expectProved(problem, { rank: 2 });
});
