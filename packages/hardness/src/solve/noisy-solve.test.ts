import { describe, expect, test } from "vitest";
import { countModels } from "../formulas/brute-force.ts";
import { randomFormula, uniqueModelFormula } from "../formulas/families.ts";
import { satisfies } from "../formulas/formula.ts";
import { type Noise, parseNoise } from "../oracle/noise.ts";
import { orthogonalCounting } from "../reductions/orthogonal/orthogonal-counting.ts";
import { orthogonalGradient } from "../reductions/orthogonal/orthogonal-gradient.ts";
import { splitAndList } from "../reductions/split-and-list.ts";
import { exactOracle, noises } from "../testing/exact-oracle.ts";
import { count } from "./count.ts";
import { solve } from "./solve.ts";

/** Random formulas, unsatisfiable at least as often as not, and some with exactly one model. */
const formulas = [
	...Array.from({ length: 9 }, (_, seed) => randomFormula({ variables: 7, ratio: seed % 3 ? 9 : 3, seed })),
	...[1, 2, 3].map((seed) => uniqueModelFormula({ variables: 8, seed }).formula),
];

test("the formulas are unsatisfiable as often as satisfiable", () => {
	const satisfiable = formulas.filter((formula) => countModels(formula) > 0).length;
	expect(satisfiable).toBe(formulas.length / 2);
});

test("noise of the proven size never changes an answer", async () => {
	for (const formula of formulas)
		for (const noise of noises(orthogonalGradient.sizes(splitAndList.reduce(formula).target).epsilon)) {
			const solution = await solve(formula, { oracle: exactOracle(noise) });
			expect(solution.status).toBe(countModels(formula) > 0 ? "satisfiable" : "unsatisfiable");
		}
});

test.each([1.5, 3, 30, 3000])(
	"noise of %d times the proven size is detected or gives unknown, never a wrong answer",
	async (factor) => {
		const statuses = new Set<string>();
		for (const formula of formulas)
			for (const noise of noises(factor * orthogonalGradient.sizes(splitAndList.reduce(formula).target).epsilon)) {
				const solution = await solve(formula, { oracle: exactOracle(noise) });
				statuses.add(solution.status);
				if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
				if (solution.status === "unsatisfiable") expect(countModels(formula)).toBe(0);
				if (solution.status === "unknown") expect(solution.reason).toMatch(/oracle/);
			}
		if (factor > 2) expect(statuses).toContain("unknown");
	},
);

test("counts survive noise of the proven size, and are unknown with ten times as much", async () => {
	for (const formula of formulas.slice(0, 6)) {
		const { epsilon } = orthogonalCounting.sizes(splitAndList.reduce(formula).target);
		for (const noise of noises(epsilon))
			expect(await count(formula, { oracle: exactOracle(noise) })).toMatchObject({ models: countModels(formula) });
		const unknown = await count(formula, { oracle: exactOracle({ kind: "random", epsilon: 10 * epsilon, seed: 1 }) });
		expect(unknown.status).toBe("unknown");
	}
});

test("an oracle that hides noise above the proven size is caught, or its model checks", async () => {
	for (const formula of formulas) {
		const { epsilon } = orthogonalGradient.sizes(splitAndList.reduce(formula).target);
		const honest = exactOracle({ kind: "random", epsilon: 0.5 * epsilon, seed: 5 });
		const lying = {
			...honest,
			ask: async (queries: Parameters<typeof honest.ask>[0]) => ({
				...(await honest.ask(queries)),
				error: { absolute: 0, unitRoundoff: 2 ** -53 },
			}),
		};
		const solution = await solve(formula, { oracle: lying });
		if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
		else
			expect(solution).toMatchObject({ status: "unknown", reason: expect.stringContaining("more than it declares") });
	}
});

describe("noise on the command line", () => {
	test("adversarial:EPSILON and random:EPSILON are read", () => {
		expect(parseNoise("adversarial:1e-4", 7)).toEqual({ kind: "adversarial", epsilon: 1e-4 } satisfies Noise);
		expect(parseNoise("random:0", 7)).toEqual({ kind: "random", epsilon: 0, seed: 7 } satisfies Noise);
	});

	test.each(["", "adversarial", "adversarial:", "adversarial:x", "random:-1", "normal:1", "random:Infinity"])(
		"%j is refused",
		(text) => {
			expect(() => parseNoise(text, 0)).toThrow(`noise: expected adversarial:EPSILON or random:EPSILON`);
		},
	);
});
