import fc from "fast-check";
import { expect, test } from "vitest";
import { countModels } from "../formulas/brute-force.ts";
import { randomFormula } from "../formulas/families.ts";
import { type Formula, holds, satisfies } from "../formulas/formula.ts";
import { innerProduct } from "./instances/bit-matrix.ts";
import { orthogonalPairs } from "./instances/orthogonal-vectors.ts";
import { splitAndList } from "./split-and-list.ts";

const formulas = fc
	.record({
		variables: fc.integer({ min: 3, max: 9 }),
		ratio: fc.double({ min: 0, max: 8, noNaN: true }),
		seed: fc.nat(),
	})
	.map((options) => randomFormula(options));

test("declared sizes are those of what is built", () => {
	fc.assert(
		fc.property(formulas, (formula) => {
			const { a, b } = splitAndList.reduce(formula).target;
			const built = { queries: a.rows, keys: b.rows, length: a.cols };
			expect(splitAndList.sizes(formula)).toEqual(built);
			expect(b.cols).toBe(a.cols);
		}),
	);
});

test("the inner product of a pair is the number of clauses that its assignment falsifies", () => {
	fc.assert(
		fc.property(formulas, fc.nat(), fc.nat(), (formula, i, j) => {
			const { target, back } = splitAndList.reduce(formula);
			const pair = { query: i % target.a.rows, key: j % target.b.rows };
			const assignment = back(pair);
			const falsified = formula.clauses.filter((clause) => !clause.some((l) => holds(l, assignment))).length;
			expect(innerProduct(target.a.row(pair.query), target.b.row(pair.key))).toBe(falsified);
		}),
	);
});

test("orthogonal pairs are the models, each once, on NO instances at least as often as on YES", () => {
	const seen = { yes: 0, no: 0 };
	for (let seed = 0; seed < 60; seed++) {
		const formula = randomFormula({ variables: 3 + (seed % 7), ratio: seed % 3 === 0 ? 3 : 9, seed });
		const { target, back } = splitAndList.reduce(formula);
		const models = orthogonalPairs(target).map(back);
		expect(models.every((assignment) => satisfies(formula, assignment))).toBe(true);
		expect(new Set(models.map(String)).size).toBe(countModels(formula));
		seen[models.length > 0 ? "yes" : "no"]++;
	}
	expect(seen.yes).toBeGreaterThan(5);
	expect(seen.no).toBeGreaterThanOrEqual(seen.yes);
});

test.each<[string, Formula, number]>([
	["no variables", { variables: 0, clauses: [] }, 1],
	["no variables, an empty clause", { variables: 0, clauses: [[]] }, 0],
	["one variable", { variables: 1, clauses: [[-1]] }, 1],
	["one variable, contradiction", { variables: 1, clauses: [[1], [-1]] }, 0],
	["no clauses", { variables: 5, clauses: [] }, 32],
	[
		"a tautology across the halves",
		{
			variables: 4,
			clauses: [
				[1, -1],
				[1, 4, -4],
			],
		},
		16,
	],
	["a clause of the first half alone", { variables: 4, clauses: [[1, 2]] }, 12],
	["a clause of the second half alone", { variables: 4, clauses: [[-3], [-3]] }, 8],
	["a variable that occurs nowhere", { variables: 3, clauses: [[1, 3]] }, 6],
])("%s: every model is a pair", (_, formula, models) => {
	expect(orthogonalPairs(splitAndList.reduce(formula).target)).toHaveLength(models);
	expect(countModels(formula)).toBe(models);
});
