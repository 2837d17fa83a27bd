import { projectedLayer } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { arbitraryHead, changed } from "../../testing/problems.ts";
import { hybridOptions } from "./hybrid-options.ts";
import { type HybridOperatorOutput, hybridForward, hybridOperatorOutput } from "./hybrid-output.ts";

const runtime = await createRuntime({ kernel: "js" });
const kernels = await createRuntime({});
afterAll(async () => {
	await runtime.close();
	await kernels.close();
});

const options = (given: object) => hybridOptions.parse(given);

/** Expects rows to be within their bounds, and these within the largest. */
function expectWithin({ output, rowBounds, bound }: HybridOperatorOutput, truth: Matrix): void {
	for (let row = 0; row < truth.rows; row++) {
		const errors = Array.from({ length: truth.cols }, (_, i) => output.at(row, i) - truth.at(row, i));
		// The truth is rounded to doubles.
		expect(Math.hypot(...errors), `row ${row}`).toBeLessThanOrEqual(rowBounds[row] + 2 ** -51 * maxAbs(truth));
		expect(rowBounds[row]).toBeLessThanOrEqual(bound);
	}
}

test.each([0.3, 1, 3])(
	"rows are within their bounds at any rank, against whole numbers, entries of spread %d",
	async (spread) => {
		await fc.assert(
			fc.asyncProperty(arbitraryHead(spread), fc.integer({ min: 1, max: 60 }), async (problem, rank) => {
				const truth = operatorTruth({ ...problem, visible: () => true }, problem.dO).output.toMatrix();
				expectWithin(await hybridOperatorOutput(problem, options({ rank }), runtime), truth);
			}),
			{ numRuns: 25, seed: 4 },
		);
	},
);

describe("adversaries", () => {
	const given = randomBackwardProblem({ n_q: 30, n_k: 45, d: 3, d_v: 2 });

	test.each([
		["one key a hundred times longer", { K: changed(given.K, (x, l) => (l === 2 ? 100 * x : x)) }],
		["rows that look at one key", { Q: changed(given.Q, (x) => 40 * x), K: changed(given.K, (x) => 4 * x) }],
		["values far from zero", { V: changed(given.V, (x) => 1e6 + x) }],
		["one value far away", { V: changed(given.V, (x, l) => (l === 7 ? 1e9 * x : x)) }],
		["equal values", { V: changed(given.V, (_x, _l, i) => i - 0.3) }],
		["equal keys", { K: changed(given.K, (_x, _l, b) => b - 0.5) }],
		["equal queries", { Q: changed(given.Q, (_x, _l, b) => b - 0.5) }],
	])("%s", async (_, change) => {
		const problem = { ...given, ...change };
		const truth = operatorTruth({ ...problem, visible: () => true }, problem.dO).output.toMatrix();
		for (const rank of [1, 8, 40]) expectWithin(await hybridOperatorOutput(problem, options({ rank }), runtime), truth);
	});
});

test("an accuracy is proved and kept, by heads of a group and on kernels too", async () => {
	const problem = randomBackwardProblem({ n_q: 111, n_k: 63, d: 5, d_v: 7, batch: 2, keyHeads: 2, group: 2 });
	const truth = definitionBackward(problem).output;
	if (!truth) throw new Error("the definition gives the output");
	for (const on of [runtime, kernels]) {
		const made = await hybridOperatorOutput(problem, options({ relative: 1e-3 }), on);
		expect(made.bound).toBeLessThanOrEqual(1e-3 * maxAbs(made.output));
		expectWithin(made, truth);
	}
	const made = await hybridOperatorOutput(problem, options({ epsilon: 0.01 }), kernels);
	expect(made.bound).toBeLessThanOrEqual(0.01);
});

test("an easy head has no exact rows, and a proof that is near its error", async () => {
	const problem = randomBackwardProblem({ n_q: 90, n_k: 90, d: 2, d_v: 3, spread: 0.5 });
	const truth = operatorTruth({ ...problem, visible: () => true }, problem.dO).output.toMatrix();
	const { output, bound, exactRows } = await hybridOperatorOutput(problem, options({ rank: 12 }), runtime);
	expect(exactRows).toBe(0);
	const errors = Array.from({ length: 90 }, (_, j) =>
		Math.hypot(...[0, 1, 2].map((i) => output.at(j, i) - truth.at(j, i))),
	);
	expect(bound).toBeLessThan(100 * Math.max(...errors));
});

test("a layer of queries, keys and values is taken; weights and rounded numbers are not", async () => {
	const problem = randomBackwardProblem({ n_q: 40, n_k: 40, d: 3, d_v: 3 });
	const layer = projectedLayer(problem, problem.scale);
	const whole = Matrix.zeros(40, 3);
	const made = await hybridForward.run(layer, options({ relative: 1e-2 }), runtime, (from, rows) =>
		whole.data.set(rows.data, from * 3),
	);
	const truth = definitionBackward(problem).output ?? Matrix.zeros(40, 3);
	for (const [at, x] of truth.data.entries())
		expect(Math.abs(whole.data[at] - x)).toBeLessThanOrEqual(made.certificate?.bound ?? 0);
	expect(made.relative).toBeLessThanOrEqual(1e-2 * (1 + 1e-9));
	const weighed = { ...layer, X: Matrix.build(3, 3, () => 0.5) };
	await expect(hybridForward.run(weighed, options({}), runtime, () => {})).rejects.toThrow(UsageError);
	const single = { ...problem, Q: asF32(problem.Q), K: asF32(problem.K), V: asF32(problem.V) };
	await expect(hybridOperatorOutput({ ...single, roundedFrom: "f64" }, options({}), runtime)).rejects.toThrow(
		/rounded from f64 to f32/,
	);
	await expect(hybridOperatorOutput(problem, options({ epsilon: 1e-30 }), runtime)).rejects.toThrow(
		/no rank up to 768/,
	);
});

const asF32 = (rows: Matrix): Matrix => rows.as("f32");
