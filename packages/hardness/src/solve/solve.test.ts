import { readFileSync } from "node:fs";
import type { ComputationError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import answers from "../../fixtures/answers.json" with { type: "json" };
import { countModels } from "../formulas/brute-force.ts";
import { readDimacs } from "../formulas/dimacs.ts";
import { pigeonhole, randomFormula, uniqueModelFormula } from "../formulas/families.ts";
import { type Formula, satisfies } from "../formulas/formula.ts";
import { orthogonalCounting } from "../reductions/orthogonal/orthogonal-counting.ts";
import { orthogonalGradient } from "../reductions/orthogonal/orthogonal-gradient.ts";
import { splitAndList } from "../reductions/split-and-list.ts";
import { exactOracle } from "../testing/exact-oracle.ts";
import { count } from "./count.ts";
import { requireBuildable } from "./report.ts";
import { formulaReductions, solve } from "./solve.ts";

/** The answer must be the one given; a model must satisfy the formula. */
async function expectSolved(formula: Formula, models: number, options: Partial<Parameters<typeof solve>[1]> = {}) {
	const solution = await solve(formula, { oracle: exactOracle(), ...options });
	expect(solution.status).toBe(models > 0 ? "satisfiable" : "unsatisfiable");
	if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
	return solution;
}

describe.each(Object.entries(answers))("%s", (name, { models }) => {
	const formula = readDimacs(readFileSync(new URL(`../../fixtures/${name}.cnf`, import.meta.url), "utf8"), name);

	test("is solved by one gradient or few, and counted", async () => {
		const { calls } = await expectSolved(formula, models);
		if (models < 2) expect(calls).toBe(1);
		expect(await count(formula, { oracle: exactOracle() })).toMatchObject({ status: "counted", models, calls: 1 });
	});
});

test("random formulas of every shape, NO at least as often as YES", async () => {
	const seen = { yes: 0, no: 0 };
	for (let seed = 0; seed < 90; seed++) {
		const variables = 1 + (seed % 9);
		const k = Math.min(variables, 1 + (seed % 4));
		const formula = randomFormula({ variables, k, ratio: seed % 3 === 0 ? 1.5 : k * 3.5, seed });
		const models = countModels(formula);
		await expectSolved(formula, models);
		seen[models > 0 ? "yes" : "no"]++;
	}
	expect(seen.yes).toBeGreaterThan(20);
	expect(seen.no).toBeGreaterThanOrEqual(seen.yes);
});

test("formulas at the threshold with 10 to 12 variables, even and odd", async () => {
	for (const [seed, variables] of [10, 11, 12, 11, 12, 10].entries()) {
		const formula = randomFormula({ variables, ratio: seed < 3 ? 4.26 : 6, seed });
		await expectSolved(formula, countModels(formula));
	}
});

test.each([3, 8, 11])(
	"the only model of a unique-model formula of %d variables comes out of one gradient",
	async (variables) => {
		const { formula, model } = uniqueModelFormula({ variables, seed: variables });
		const solution = await expectSolved(formula, 1);
		expect(solution).toMatchObject({ assignment: model, calls: 1, isolationCalls: 0 });
	},
);

test("of many models one is isolated by at most log2 of their number and a few more gradients", async () => {
	let isolated = 0;
	// The first gradient spells one of several models in about two of three formulas. Where both values of a bit have as many
	// models their sums are equal, and rounding decides whether it does: the number is not the same for every oracle.
	for (let seed = 0; seed < 24; seed++) {
		const formula = randomFormula({ variables: 10, ratio: 2.5 + (seed % 3) / 2, seed });
		const models = countModels(formula);
		const { isolationCalls } = await expectSolved(formula, models);
		expect(isolationCalls).toBeLessThanOrEqual(2 + Math.log2(Math.max(models, 1)));
		if (isolationCalls > 0) isolated++;
	}
	expect(isolated).toBeGreaterThan(5);
});

test.each<[string, Formula]>([
	["no variables", { variables: 0, clauses: [] }],
	["no variables and an empty clause", { variables: 0, clauses: [[]] }],
	["one variable", { variables: 1, clauses: [[-1]] }],
	["one variable, contradiction", { variables: 1, clauses: [[1], [-1]] }],
	["three variables, no clauses", { variables: 3, clauses: [] }],
	["an empty clause", { variables: 5, clauses: [[1, 2], []] }],
	[
		"a tautology across the halves",
		{
			variables: 4,
			clauses: [
				[1, -1],
				[1, 4, -4],
			],
		},
	],
	["repeated literals and clauses", { variables: 3, clauses: [[2, 2], [2], [-1, -1, -1]] }],
	["a clause of the first half alone", { variables: 5, clauses: [[1, 2]] }],
	["a clause of the second half alone", { variables: 5, clauses: [[-4, 5], [4], [-5]] }],
	["variables that occur nowhere", { variables: 7, clauses: [[1, 7], [-1]] }],
	["three pigeons, two holes", pigeonhole(3, 2)],
	["two pigeons, three holes", pigeonhole(2, 3)],
])("%s: decided by every reduction, and counted", async (_, formula) => {
	const models = countModels(formula);
	for (const reduction of formulaReductions) {
		await expectSolved(formula, models, { reduction });
		await expectSolved(formula, models, { reduction, thetaMax: 4 });
	}
	expect(await count(formula, { oracle: exactOracle() })).toMatchObject({ models });
});

test("counting through interpolation gives the number of models while doubles last, or says that it does not", async () => {
	const statuses = new Set<string>();
	for (let seed = 0; seed < 12; seed++)
		for (const thetaMax of [1, 3, 6]) {
			const formula = randomFormula({ variables: 6, ratio: 1 + seed, seed });
			const counted = await count(formula, { oracle: exactOracle(), thetaMax });
			if (counted.status === "counted") expect(counted.models).toBe(countModels(formula));
			else expect(counted.reason).toMatch(/magnified by .*double precision/);
			statuses.add(counted.status);
		}
	expect(statuses).toEqual(new Set(["counted", "unknown"]));
});

test("a formula too large to list is unknown, with its size", async () => {
	const solution = await solve({ variables: 80, clauses: [[1, 80]] }, { oracle: exactOracle() });
	expect(solution).toMatchObject({ status: "unknown", calls: 0, reason: expect.stringContaining("80 variables") });
});

describe("sizes are known before anything is built", () => {
	const refusal = (variables: number, clauses: number, available?: number) => {
		try {
			requireBuildable({ variables, clauses: Array.from({ length: clauses }, () => [1]) }, available);
		} catch (error) {
			return error as ComputationError;
		}
		return undefined;
	};

	test.each([64, 1000, 100_000_000])("%i variables are refused with a finite size", (variables) => {
		const error = refusal(variables, 1);
		expect(error).toMatchObject({ name: "ComputationError", status: "out-of-memory" });
		expect(error?.message).toContain(`2^${variables / 2} half-assignments`);
		expect(error?.message).not.toMatch(/infinity|NaN/i);
	});

	test("many clauses over one variable are refused: X and Y are as wide as the clauses are many", () => {
		expect(refusal(1, 100_000)?.status).toBe("out-of-memory");
	});

	test("the guard counts what is allocated, and refuses what the memory at hand does not hold", () => {
		for (const [variables, clauses] of [
			[0, 0],
			[1, 9],
			[7, 3],
			[14, 40],
		] as const) {
			const { target } = splitAndList.reduce({ variables, clauses: Array.from({ length: clauses }, () => [1]) });
			for (const queries of [orthogonalGradient.reduce(target).target, orthogonalCounting.reduce(target).target]) {
				const { A1, A2, A3, E, X, Y } = queries.problem(0);
				const built = [A1, A2, A3, E, X, Y].reduce((sum, { data }) => sum + data.byteLength, 0);
				const bytes = built + target.a.data.length + target.b.data.length;
				expect(refusal(variables, clauses, bytes - 1)?.status).toBe("out-of-memory");
			}
			expect(refusal(variables, clauses)).toBeUndefined();
		}
	});
});

test("a projected or weighted count is refused, and the formula is decided all the same", async () => {
	const formula = readDimacs("c p show 1 0\np cnf 2 1\n1 2 0\n", "f.cnf");
	const oracle = exactOracle();
	await expect(count(formula, { oracle })).rejects.toThrow("asks for a projected count (line 1)");
	expect((await solve(formula, { oracle })).status).toBe("satisfiable");
	expect(oracle.calls).toBe(1);
});
