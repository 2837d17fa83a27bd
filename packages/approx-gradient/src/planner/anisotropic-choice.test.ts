import { createProblem, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	type Runtime,
	scale,
	seededRandom,
} from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { narrowingProblem } from "../testing/problems.ts";
import { outOfCore } from "../testing/run.ts";
import { auto } from "./auto.ts";
import { scoreDirections } from "./candidates/score-directions.ts";
import { planGradient } from "./plan-gradient.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

const isAnisotropic = ({ options }: { options: Readonly<Record<string, unknown>> }) =>
	options["basis"] === "gauss" && options["monomials"] === "anisotropic";

test("auto takes polynomials by row over an anisotropic set where coordinates differ, with its certificate", async () => {
	const problem = narrowingProblem(32_768, 8, 3, 0.5);
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

/** Queries and keys with independent coordinates, whose spread falls by a factor from one to the next. */
function independent(n: number, d: number, factor: number) {
	const rows = (name: string) => {
		const random = seededRandom(7, name);
		return Matrix.build(n, d, (_, b) => random.uniform(-1, 1) * factor ** b);
	};
	const { A3, E, Y } = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1 });
	return createProblem({ A1: rows("A1"), A2: rows("A2"), A3, E, X: Matrix.identity(d), Y }, 1);
}

test("the directions of scores count independent coordinates, whatever basis and size they have, from a file too", () => {
	for (const factor of [1, 0.8, 0.5]) {
		const problem = independent(2000, 4, factor);
		// Variances of scores fall by the fourth power: (Σ λ)² / Σ λ² of 1, f⁴, f⁸, f¹².
		const lambda = [0, 1, 2, 3].map((i) => factor ** (4 * i));
		const sum = (power: number) => lambda.reduce((total, x) => total + x ** power, 0);
		const expected = sum(1) ** 2 / sum(2);
		const large = { ...problem, A1: scale(problem.A1, 1e180), A2: scale(problem.A2, 1e180) };
		// The same scores: k0 + 3 k1 in place of k0, and q1 - 3 q0 in place of q1.
		const sheared = {
			...problem,
			A1: Matrix.build(2000, 4, (j, b) => problem.A1.at(j, b) - (b === 1 ? 3 * problem.A1.at(j, 0) : 0)),
			A2: Matrix.build(2000, 4, (l, b) => problem.A2.at(l, b) + (b === 0 ? 3 * problem.A2.at(l, 1) : 0)),
		};
		// Covariances of 256 rows are off by about 1 / sqrt(256).
		for (const one of [problem, large, sheared, outOfCore(problem)])
			expect(Math.abs(scoreDirections(one) / expected - 1)).toBeLessThan(2 / 16);
	}
	const same = independent(50, 3, 0);
	expect(scoreDirections(same)).toBe(1);
	expect(scoreDirections({ ...same, A1: Matrix.zeros(50, 3) })).toBe(3);
});
