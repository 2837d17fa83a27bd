import type { BackwardProblem } from "@attgrad/attention-problem";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { createRuntime, maxAbs } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { polynomialOperatorOutput } from "../output/polynomial-output.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";

let tries = 0;
const runtime = await createRuntime({
	onProgress: (done, total) => {
		if (done === total) tries++;
	},
});
afterAll(() => runtime.close());

const options = (asked: object) => backwardPolynomial.options.parse(asked);

/** The largest bound at a degree, as a part of the largest entry. */
async function relativeAt(problem: BackwardProblem, degree: number): Promise<number> {
	const { certificate, ...gradients } = await backwardPolynomial.run(problem, options({ degree }), runtime);
	const names = ["dQ", "dK", "dV"] as const;
	return Math.max(...names.map((name) => (certificate?.bounds[name] ?? Number.NaN) / maxAbs(gradients[name])));
}

test.each([
	["no mask", {}],
	["causal", { visibility: { mask: "causal" } }],
	["two heads of keys", { n_q: 2048, n_k: 2048, keyHeads: 2, group: 2 }],
] as const)("long inputs, %s: at most two degrees are tried, and none below proves it by far", async (_, shape) => {
	const problem = randomBackwardProblem({ n_q: 4096, n_k: 4096, d: 2, d_v: 2, spread: 0.7, ...shape });
	for (const relative of [1e-2, 1e-6]) {
		tries = 0;
		const { degree } = await backwardPolynomial.run(problem, options({ relative }), runtime);
		expect(tries).toBeGreaterThan(0);
		expect(tries).toBeLessThanOrEqual(2);
		if (Number(degree) > 2) expect(await relativeAt(problem, Number(degree) - 2)).toBeGreaterThan(relative);
	}
});

test("outputs of long inputs keep what is asked for at the degree that is expected", async () => {
	const problem = randomBackwardProblem({ n_q: 4096, n_k: 4096, d: 2, d_v: 2, spread: 0.7 });
	const { bound, degree } = await polynomialOperatorOutput(problem, options({ epsilon: 1e-6 }), runtime);
	expect(bound).toBeLessThanOrEqual(1e-6);
	const below = await polynomialOperatorOutput(problem, options({ degree: degree - 2 }), runtime);
	expect(below.bound).toBeGreaterThan(1e-6);
});
