import {
	type BackwardProblem,
	createBackwardProblem,
	generateProblem,
	type Visibility,
	visibleKeys,
} from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { arbitraryBackwardProblem, backwardCases, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardDefinition } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { GROUP } from "../../../feature-maps/residual-forms.ts";
import { type Adversary, adversaries, changed } from "../../../testing/problems.ts";
import { backwardHybrid } from "../hybrid-backward.ts";
import { hybridOptions } from "../hybrid-options.ts";
import { hybridOperatorOutput } from "../hybrid-output.ts";

const runtime = await createRuntime({ kernel: "js" });
const kernels = await createRuntime({});
afterAll(async () => {
	await runtime.close();
	await kernels.close();
});

const names = ["dQ", "dK", "dV"] as const;

/** The definition in whole numbers, rounded to doubles. */
function truthOf(problem: BackwardProblem) {
	const { lo, hi } = visibleKeys(problem.visibility, problem.n_q, problem.n_k);
	const truth = operatorTruth({ ...problem, visible: (j, l) => lo[j] <= l && l < hi[j] }, problem.dO);
	const [dQ, dK, dV] = names.map((name) => truth[name].toMatrix());
	return { dQ, dK, dV, output: truth.output.toMatrix() };
}

/** Expects every entry of a single head within the bound of its row, on kernels and without; gives the least number of rows that were exact. */
async function expectProved(problem: BackwardProblem, given: object): Promise<number> {
	const truth = truthOf(problem);
	let least = problem.n_q;
	for (const on of [runtime, kernels]) {
		const got = await backwardHybrid.run(problem, backwardHybrid.options.parse(given), on);
		for (const name of names)
			for (const [at, x] of truth[name].data.entries()) {
				const bound = got.certificate?.rowBounds?.[name][Math.floor(at / truth[name].cols)] ?? 0;
				// The truth is rounded to doubles.
				const room = bound + 2 ** -52 * Math.abs(x);
				expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(room);
			}
		least = Math.min(least, got.exactRows ?? problem.n_q);
	}
	const { proves: _, ...ofOutput } = given as { readonly proves?: string };
	const { output, rowBounds } = await hybridOperatorOutput(problem, hybridOptions.parse(ofOutput), kernels);
	for (let j = 0; j < output.rows; j++) {
		const errors = Array.from(output.row(j), (x, i) => x - truth.output.at(j, i));
		expect(Math.hypot(...errors), `output ${j}`).toBeLessThanOrEqual(rowBounds[j] + 2 ** -51 * maxAbs(truth.output));
	}
	return least;
}

test.each([0.3, 1, 3])("rows are within their bounds under every mask, entries of spread %d", async (spread) => {
	const problems = arbitraryBackwardProblem({ maxN: 40, maxD: 4, maxHeads: 1, spread });
	const given = { rank: fc.integer({ min: 1, max: 40 }), chunk: fc.integer({ min: 1, max: 12 }) };
	await fc.assert(
		fc.asyncProperty(problems, fc.record(given), async (problem, options) => {
			await expectProved(problem, options);
			await expectProved(problem, { ...options, proves: "dQ" });
		}),
		{ numRuns: 25, seed: 5 },
	);
});

const masks: readonly [string, Visibility][] = [
	["causal", { mask: "causal" }],
	["a window", { mask: "causal", window: 17 }],
	["packed sequences", { mask: "none", lengths: [30, 3, 27] }],
	["packed causal sequences", { mask: "causal", lengths: [30, 3, 27] }],
];

describe.each(masks)("adversaries under %s", (_, visibility) => {
	const given = randomBackwardProblem({ n_q: 60, n_k: 60, d: 3, d_v: 2, visibility });

	test.each<Adversary>([
		...adversaries(given),
		["one heavy key late", { K: changed(given.K, (x, l) => (l === 40 ? 100 * x : x)) }],
		["heavy keys that grow", { K: changed(given.K, (x, l) => x + l / 4) }],
		["one large upstream gradient late", { dO: changed(given.dO, (x, j) => (j === 33 ? 1e5 * x : x)) }],
		["tiny values", { V: changed(given.V, (x) => 1e-162 * x) }],
	])("%s", async (_name, change) => {
		const problem = { ...given, ...change };
		for (const rank of [2, 30]) for (const chunk of [3, 8]) await expectProved(problem, { rank, chunk });
	});
});

test.each(masks)("few rows of an easy head are exact under %s, and bounds are small", async (_, visibility) => {
	const problem = randomBackwardProblem({ n_q: 60, n_k: 60, d: 2, d_v: 3, spread: 0.5, visibility });
	const exactRows = await expectProved(problem, { rank: 20, chunk: 5 });
	expect(exactRows).toBeLessThanOrEqual(20);
	const got = await backwardHybrid.run(problem, backwardHybrid.options.parse({ rank: 20, chunk: 5 }), kernels);
	for (const name of names) expect(got.certificate?.bounds[name]).toBeLessThan(1e-3 * maxAbs(got[name]));
});

test("chunks of several groups are proved", async () => {
	const visibility = { mask: "causal" as const };
	const problem = randomBackwardProblem({ n_q: 330, n_k: 330, d: 2, d_v: 2, spread: 0.5, visibility });
	expect(GROUP).toBeLessThan(150);
	for (const proves of ["all", "dQ"])
		expect(await expectProved(problem, { rank: 30, chunk: 150, proves })).toBeLessThan(200);
});

test("causal heads of a group, more queries than keys and fewer, agree with the definition", async () => {
	for (const [n_q, n_k] of [
		[111, 63],
		[63, 111],
	]) {
		const shape = { n_q, n_k, d: 5, d_v: 7, batch: 2, keyHeads: 2, group: 2 };
		const problem = randomBackwardProblem({ ...shape, spread: 0.7, visibility: { mask: "causal" } });
		const exact = await backwardDefinition.run(problem, {}, runtime, { output: true });
		const got = await backwardHybrid.run(problem, backwardHybrid.options.parse({ rank: 60, chunk: 16 }), kernels);
		for (const name of names)
			expect(maxAbsDifference(got[name], exact[name])).toBeLessThanOrEqual(
				(got.certificate?.bounds[name] ?? 0) + 1e-12,
			);
		if (!got.output || !exact.output) throw new Error("both give the output");
		expect(maxAbsDifference(got.output, exact.output)).toBeLessThan(1e-2);
	}
});

describe("reference cases in extended precision with masks", async () => {
	const cases = (await backwardCases()).filter(
		({ problem: { visibility } }) => visibility.mask !== "none" || visibility.lengths !== undefined,
	);
	test.each(cases)("$name: every row is within its bound, on kernels and without", async ({ problem, answers }) => {
		for (const on of [runtime, kernels]) {
			const got = await backwardHybrid.run(problem, backwardHybrid.options.parse({ rank: 24, chunk: 5 }), on);
			for (const name of names)
				for (const [at, x] of answers[name].data.entries()) {
					const bound = got.certificate?.rowBounds?.[name][Math.floor(at / answers[name].cols)] ?? 0;
					const room = bound + 2 ** -51 * Math.abs(x);
					expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(room);
				}
		}
	});
});

test.each(masks)("a head wider than forms are made for is proved under %s", async (_, visibility) => {
	const given = randomBackwardProblem({ n_q: 60, n_k: 60, d: 34, d_v: 2, spread: 0.5, visibility });
	await expectProved(given, { rank: 40, chunk: 6 });
	await expectProved(given, { rank: 40, chunk: 6, proves: "dQ" });
});

test.each(["sinks", "massive"] as const)(
	"rows of %s are within their bounds under a causal mask",
	async (distribution) => {
		const { A1, A2, A3, E } = generateProblem({ n: 150, d: 3, B: 4, distribution, seed: 2 });
		const visibility = { mask: "causal" as const };
		const problem = createBackwardProblem({ Q: A1, K: A2, V: A3, dO: E }, { scale: 1 / 3, visibility });
		for (const chunk of [8, 32]) await expectProved(problem, { rank: 24, chunk });
	},
);

test("an accuracy is proved under a causal mask", async () => {
	const { Q, K, V, dO } = randomBackwardProblem({ n_q: 300, n_k: 300, d: 2, d_v: 2, spread: 0.7 });
	const problem = createBackwardProblem({ Q, K, V, dO }, { visibility: { mask: "causal" } });
	const exact = await backwardDefinition.run(problem, {}, runtime);
	const got = await backwardHybrid.run(problem, backwardHybrid.options.parse({ relative: 1e-2, chunk: 20 }), kernels);
	expect(got.exactRows).toBeLessThan(300);
	for (const name of names) {
		expect(got.certificate?.bounds[name]).toBeLessThanOrEqual(1e-2 * maxAbs(got[name]));
		expect(maxAbsDifference(got[name], exact[name])).toBeLessThanOrEqual(1e-2 * maxAbs(got[name]));
	}
});
