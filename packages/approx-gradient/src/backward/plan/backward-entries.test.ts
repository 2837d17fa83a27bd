import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { planBackward } from "../plan-backward.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";
import { planBackwardEntries } from "./backward-entries.ts";

const runtime = await createRuntime({ kernel: "js" });
const named = (plan: Awaited<ReturnType<typeof planBackwardEntries>>, name: string) =>
	plan.entries.find(({ algorithm }) => algorithm === name)!;

test("a layer where polynomials pay: the choice of auto, cheapest first, and a degree whose run proves what was asked for", async () => {
	const problem = randomBackwardProblem({ n_q: 3000, n_k: 3000, d: 2, d_v: 2, spread: 0.5 });
	const plan = await planBackwardEntries(problem, { epsilon: 1e-4 }, runtime);
	const { chunk } = backwardPolynomial.options.parse({});
	const { degree, why } = await planBackward(problem, { epsilon: 1e-4 }, chunk, runtime);
	expect(plan).toMatchObject({ chosen: "polynomial", why, asked: { epsilon: 1e-4 } });
	const [polynomial, streaming] = [named(plan, "polynomial"), named(plan, "streaming")];
	expect(polynomial.degree).toBe(degree);
	expect(polynomial.milliseconds).toBeLessThan(streaming.milliseconds!);
	const times = plan.entries.filter(({ reason }) => !reason).map(({ milliseconds }) => milliseconds!);
	expect(times).toEqual(times.toSorted((a, b) => a - b));
	const { certificate } = await backwardPolynomial.run(
		problem,
		backwardPolynomial.options.parse({ degree: polynomial.degree }),
		runtime,
	);
	for (const name of ["dQ", "dK", "dV"] as const) {
		const [foreseen, proved] = [polynomial.certificate!.bounds![name], certificate!.bounds[name]];
		expect(proved).toBeLessThanOrEqual(1e-4);
		expect(foreseen / proved).toBeGreaterThan(0.05);
		expect(foreseen / proved).toBeLessThan(20);
	}
});

test("a wide layer: no degree pays, and the reason says which would be needed", async () => {
	const problem = randomBackwardProblem({ n_q: 50, n_k: 50, d: 32, d_v: 32 });
	const plan = await planBackwardEntries(problem, {}, runtime);
	expect(plan).toMatchObject({ chosen: "streaming", asked: { relative: 1e-3 } });
	expect(named(plan, "polynomial").reason).toMatch(
		/^degree \d+, K = \d+, would be needed at least, which does not pay/,
	);
	expect(named(plan, "definition").certificate).toEqual({ kind: "exact" });
});

test("an n x n matrix that is too large is no choice", async () => {
	const given = randomBackwardProblem({ n_q: 5000, n_k: 5000, d: 1, d_v: 1 });
	const plan = await planBackwardEntries({ ...given, visibility: { mask: "causal" } }, { relative: 1e-2 }, runtime);
	expect(named(plan, "definition").reason).toMatch(/^definition: 5000 x 5000 scores are more than/);
	expect(plan.entries.at(-1)?.reason).toBeDefined();
});
