import { createProblem, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, maxAbsDifference, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outOfCore } from "../testing/run.ts";
import { auto } from "./auto.ts";
import { scoreDirections } from "./candidates/score-directions.ts";
import { planGradient } from "./plan-gradient.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** Uniform tokens whose spread falls by a factor from one coordinate to the next, and scores of them alone. */
function narrowing(n: number, d: number, B: number, factor: number) {
	const uniform = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
	const narrowed = (rows: Matrix) => Matrix.build(n, d, (j, b) => rows.at(j, b) * factor ** b);
	const [A1, A2] = [narrowed(uniform.A1), narrowed(uniform.A2)];
	return createProblem({ ...uniform, A1, A2, X: Matrix.identity(d) }, uniform.scale);
}

const isAnisotropic = ({ options }: { options: Readonly<Record<string, unknown>> }) =>
	options["basis"] === "gauss" && options["monomials"] === "anisotropic";

test("auto takes polynomials by row over an anisotropic set where coordinates differ, with its certificate", async () => {
	const problem = narrowing(32_768, 8, 3, 0.5);
	const { chosen, entries } = await planGradient(problem, {}, runtime);
	expect(isAnisotropic(chosen)).toBe(true);
	const all = entries.find(({ options }) => options["basis"] === "gauss" && options["monomials"] === undefined);
	expect(chosen.rank).toBeLessThan(0.5 * (all?.rank ?? 0));
	const result = await auto.run(problem, auto.options.parse({}), runtime);
	expect(result.rank).toBe(chosen.rank);
	const { gradient } = await streaming.run(problem, streaming.options.parse({}), runtime);
	const bound = result.certificate?.bound ?? Number.POSITIVE_INFINITY;
	expect(bound).toBeLessThanOrEqual(1e-3 * maxAbs(gradient));
	expect(maxAbsDifference(result.gradient, gradient)).toBeLessThanOrEqual(bound);
}, 60_000);

test("scores that spread over all directions are not looked at for it, with the reason", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 100_000, d: 8, B: 1, seed: 1 });
	const { chosen, entries } = await planGradient(problem, {}, runtime);
	expect(isAnisotropic(chosen)).toBe(false);
	expect(entries.find(isAnisotropic)?.reason).toMatch(
		/^not looked at: scores spread over about \d\.?\d* of 8 directions, and few monomials could be left out$/,
	);
});

test("the directions of scores count independent coordinates, whatever basis and size they have, from a file too", () => {
	for (const factor of [1, 0.5]) {
		const problem = narrowing(2000, 4, 1, factor);
		// Variances of scores fall by the fourth power: (Σ λ)² / Σ λ² of 1, f⁴, f⁸, f¹².
		const lambda = [0, 1, 2, 3].map((i) => factor ** (4 * i));
		const sum = (power: number) => lambda.reduce((total, x) => total + x ** power, 0);
		const expected = sum(1) ** 2 / sum(2);
		const large = createProblem({ ...problem, A1: problem.A1.copy(), A2: problem.A2.copy() }, problem.scale);
		for (const { data } of [large.A1, large.A2]) for (let at = 0; at < data.length; at++) data[at] *= 1e180;
		for (const one of [problem, large, outOfCore(problem)]) expect(scoreDirections(one)).toBeCloseTo(expected, 0);
	}
	const same = narrowing(50, 3, 1, 0);
	expect(scoreDirections(same)).toBe(1);
	expect(scoreDirections(createProblem({ ...same, A1: Matrix.zeros(50, 3) }, 1))).toBe(3);
});
