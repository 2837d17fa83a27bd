import type { BackwardProblem, BackwardResult, OfEachGradient } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { arbitraryBackwardProblem, backwardCases, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, type Matrix, maxAbs } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { backwardPolynomial } from "./polynomial-backward.ts";

const runtime = await createRuntime({ kernel: "js" });
const names = ["dQ", "dK", "dV"] as const;

const run = (problem: BackwardProblem, given: object = {}): Promise<BackwardResult> =>
	backwardPolynomial.run(problem, backwardPolynomial.options.parse(given), runtime, { rowBounds: true });

type Truth = OfEachGradient<Matrix> & { readonly output: Matrix };

/** Expects the error of every row of the output to be no longer than its bound. */
function expectOutput(got: Matrix | undefined, bounds: Float64Array | undefined, truth: Matrix, slack: number): void {
	expect(bounds).toHaveLength(truth.rows);
	const computed = got?.as("f64");
	for (let row = 0; row < truth.rows; row++) {
		let square = 0;
		for (let i = 0; i < truth.cols; i++) square += ((computed?.at(row, i) ?? Number.NaN) - truth.at(row, i)) ** 2;
		expect(Math.sqrt(square), `output row ${row}`).toBeLessThanOrEqual((bounds?.[row] ?? 0) + 2 * slack);
	}
}

/** Expects every row to be within its own bound and that of its matrix; `slack` is the error of the truth. */
function expectWithin(got: BackwardResult, truth: Truth, slack: number, kind = "a-posteriori"): void {
	expect(got.certificate?.kind).toBe(kind);
	expectOutput(got.output, got.certificate?.output?.rows, truth.output, slack);
	for (const name of names) {
		const [computed, wanted] = [got[name].as("f64"), truth[name]];
		for (let row = 0; row < wanted.rows; row++) {
			const bound = got.certificate?.rowBounds?.[name][row] ?? 0;
			expect(bound).toBeLessThanOrEqual(got.certificate?.bounds[name] ?? 0);
			for (let b = 0; b < wanted.cols; b++)
				expect(Math.abs(computed.at(row, b) - wanted.at(row, b)), `${name}[${row}, ${b}]`).toBeLessThanOrEqual(
					bound + slack,
				);
		}
	}
}

const truthOf = (problem: BackwardProblem): Truth => definitionBackward(problem);

/** Largest error of the definition itself, at sizes near 1. */
const roundoffOf = ({ n_q, n_k }: BackwardProblem): number => 1e-14 * (n_q + n_k + 20);

describe.each(await backwardCases())("reference case $name", ({ problem, answers, lse }) => {
	test.each([1, 4, 7])("degree %i is within its bounds", async (degree) => {
		const got = await run(problem, { degree, chunk: 4 });
		// answers are rounded to doubles
		expectWithin(
			got,
			{ ...answers, output: answers.O },
			2e-16 * Math.max(1, ...names.map((name) => maxAbs(answers[name]))),
		);
		expect(got.exactRows).toBeLessThanOrEqual(problem.batch * problem.heads * problem.n_q);
	});

	test("epsilon is kept, and output and lse are near", async () => {
		const got = await run(problem, { epsilon: 1e-5, chunk: 4 });
		for (const name of names) {
			expect(got.certificate?.bounds[name]).toBeLessThanOrEqual(1e-5);
			expect(got[name]).toBeAllclose(answers[name], { rtol: 0, atol: 1e-5 });
		}
		expect(got.output).toBeAllclose(answers.O, { rtol: 0, atol: 1e-5 });
		for (const [j, wanted] of lse.entries())
			if (Number.isFinite(wanted)) expect(Math.abs((got.lse?.[j] ?? 0) - wanted)).toBeLessThan(1e-5);
			else expect(got.lse?.[j]).toBe(wanted);
	});
});

describe("bounds hold", () => {
	test("at every mask, width, number of heads and chunk", async () => {
		await fc.assert(
			fc.asyncProperty(
				arbitraryBackwardProblem({ maxN: 90, maxD: 4, spread: 1.5 }),
				fc.integer({ min: 1, max: 8 }),
				fc.integer({ min: 1, max: 24 }),
				async (problem, degree, chunk) => {
					expectWithin(await run(problem, { degree, chunk }), truthOf(problem), roundoffOf(problem));
				},
			),
			{ numRuns: 60 },
		);
	});

	test("where scores are large, and most rows are exact", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryBackwardProblem({ maxN: 40, maxD: 3, spread: 6 }), async (problem) => {
				const got = await run(problem, { degree: 3, chunk: 5 });
				expectWithin(got, truthOf(problem), 100 * roundoffOf(problem));
			}),
			{ numRuns: 20 },
		);
	});

	test("without slack, against whole numbers", async () => {
		for (const spread of [0.1, 1, 2]) {
			const problem = randomBackwardProblem({ n_q: 30, n_k: 30, d: 2, d_v: 3, spread, visibility: { mask: "causal" } });
			const visible = (j: number, l: number) => l <= j;
			const exact = operatorTruth({ ...problem, visible }, problem.dO);
			const truth = {
				...{ dQ: exact.dQ.toMatrix(), dK: exact.dK.toMatrix(), dV: exact.dV.toMatrix() },
				output: exact.output.toMatrix(),
			};
			const ulp = 2 ** -52 * Math.max(...names.map((name) => maxAbs(truth[name])));
			for (const degree of [1, 9, 15]) expectWithin(await run(problem, { degree, chunk: 6 }), truth, ulp);
		}
	});
});
