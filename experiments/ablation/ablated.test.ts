import { countMonomials, polynomial } from "@attgrad/approx-gradient";
import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { ablated, countColumns, isCounted, optionsWithout, variants, whole } from "./ablated.ts";

const runtime = await createRuntime({ kernel: "js" });
afterAll(() => runtime.close());

const problem = generateProblem({ distribution: "biased", n: 64, d: 3, B: 2, seed: 1 });
const epsilon = 1e-6;

test("the method without centring needs a higher degree where keys are biased, and still keeps epsilon", async () => {
	const { degree } = await polynomial.run(problem, whole(epsilon), runtime);
	const without = await optionsWithout("uncentred", epsilon, problem, runtime);
	expect(without.degree).toBeGreaterThan(degree! + 2);
	expect((await polynomial.run(problem, without, runtime)).certificate!.bound).toBeLessThanOrEqual(epsilon);
});

test("the relative form needs no lower degree than the better of both forms", async () => {
	const wide = generateProblem({ distribution: "uniform", n: 64, d: 2, B: 2, seed: 1 });
	const { degree } = await polynomial.run(wide, whole(epsilon), runtime);
	const without = await optionsWithout("relative", epsilon, wide, runtime);
	expect(without.degree).toBeGreaterThanOrEqual(degree!);
});

test("columns are counted as the closed forms say", () => {
	// d = 4, g = 9: the numbers of paper.md 5.1.
	expect(countMonomials(4, 9)).toBe(715);
	expect(countColumns("joint", 4, 9)).toBe(1_562_275);
	expect(countColumns("factors", 4, 9)).toBe(4 * 715);
	expect(countColumns("printed-factors", 4, 9)).toBe(715 * 719);
});

test("what is only counted says that it is not run", () => {
	for (const variant of variants) {
		const supported = ablated.supports(problem, { variant, epsilon });
		expect(supported === true).toBe(!isCounted(variant));
	}
});
