import { operatorTruth } from "@attgrad/attention-problem/reference";
import { arbitraryBackwardProblem, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { backwardPolynomial } from "../polynomial-backward.ts";
import { type PolynomialOperatorOutput, polynomialOperatorOutput } from "./polynomial-output.ts";

const runtime = await createRuntime({ kernel: "js" });
const options = (given: object) => backwardPolynomial.options.parse(given);

/** Expects rows to be within their bounds; `slack` is the error of the truth. */
function expectWithin({ output, rowBounds, bound }: PolynomialOperatorOutput, truth: Matrix, slack: number): void {
	const computed = output.as("f64");
	for (let row = 0; row < truth.rows; row++) {
		const errors = Array.from({ length: truth.cols }, (_, i) => computed.at(row, i) - truth.at(row, i));
		expect(Math.hypot(...errors)).toBeLessThanOrEqual(rowBounds[row] + slack);
		expect(rowBounds[row]).toBeLessThanOrEqual(bound);
	}
}

test("the output is that of the backward pass, bit for bit", async () => {
	const problem = randomBackwardProblem({ n_q: 50, n_k: 50, d: 3, d_v: 2, spread: 1, visibility: { mask: "causal" } });
	const asked = options({ degree: 5, chunk: 8 });
	const made = await polynomialOperatorOutput(problem, asked, runtime);
	const whole = await backwardPolynomial.run(problem, asked, runtime, { rowBounds: true });
	expect(made.output).toEqual(whole.output);
	expect(made.lse).toEqual(whole.lse);
	expect(made.rowBounds).toEqual(whole.certificate?.output?.rows);
	expect(made.exactRows).toBe(whole.exactRows);
});

test("rows are within their bounds at every mask, and the accuracy is kept", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryBackwardProblem({ maxN: 70, maxD: 3, spread: 1.2 }), async (problem) => {
			const made = await polynomialOperatorOutput(problem, options({ relative: 1e-4, chunk: 6 }), runtime);
			expect(made.bound).toBeLessThanOrEqual(1e-4 * maxAbs(made.output));
			const truth = definitionBackward(problem).output;
			if (truth) expectWithin(made, truth, 1e-14 * problem.n_k);
		}),
		{ numRuns: 30 },
	);
});

test.each([1, 5, 11])(
	"rows are within their bounds without slack, against whole numbers: degree %i",
	async (degree) => {
		const problem = randomBackwardProblem({
			n_q: 30,
			n_k: 30,
			d: 2,
			d_v: 3,
			spread: 1,
			visibility: { mask: "causal" },
		});
		const truth = operatorTruth({ ...problem, visible: (j, l) => l <= j }, problem.dO).output.toMatrix();
		const made = await polynomialOperatorOutput(problem, options({ degree, chunk: 6 }), runtime);
		expectWithin(made, truth, 2 ** -52 * maxAbs(truth));
	},
);

test("an accuracy that rounding forbids is refused with what can be proved", async () => {
	const problem = randomBackwardProblem({ n_q: 30, n_k: 30, d: 2, d_v: 3, spread: 1, visibility: { mask: "causal" } });
	await expect(polynomialOperatorOutput(problem, options({ epsilon: 1e-30 }), runtime)).rejects.toThrow(
		/no degree proves the output to epsilon 1e-30; the best proves/,
	);
	const far = { ...problem, K: Matrix.build(30, 2, (l, b) => (l === 9 ? 1e308 : problem.K.at(l, b))) };
	await expect(polynomialOperatorOutput(far, options({ epsilon: 1e-3 }), runtime)).rejects.toThrow(
		"no degree proves the output to epsilon 0.001; no bound holds; use streaming",
	);
});
