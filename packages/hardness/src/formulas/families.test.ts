import { readFileSync } from "node:fs";
import { UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { plantedGap } from "../reductions/instances/closest-pair.ts";
import { countModels } from "./brute-force.ts";
import { readDimacs } from "./dimacs.ts";
import { pigeonhole, randomFormula, uniqueModelFormula } from "./families.ts";
import { satisfies } from "./formula.ts";
import { findModel } from "./model-search.ts";

describe("random formulas", () => {
	test("have round(ratio · variables) clauses of k different variables, the same for the same seed", () => {
		const formula = randomFormula({ variables: 11, k: 4, ratio: 3.3, seed: 5 });
		expect(formula.clauses).toHaveLength(36);
		for (const clause of formula.clauses) expect(new Set(clause.map(Math.abs)).size).toBe(4);
		expect(randomFormula({ variables: 11, k: 4, ratio: 3.3, seed: 5 })).toEqual(formula);
		expect(randomFormula({ variables: 11, k: 4, ratio: 3.3, seed: 6 })).not.toEqual(formula);
	});

	test("refuse k outside 1..variables and a ratio below 0", () => {
		expect(() => randomFormula({ variables: 3, k: 4, seed: 1 })).toThrow(UsageError);
		expect(() => randomFormula({ variables: 3, ratio: -1, seed: 1 })).toThrow(
			"ratio must be a finite number >= 0, got -1",
		);
	});
});

test.each([1, 2, 7, 12])("unique-model formulas of %d variables have the planted model and no other", (variables) => {
	for (let seed = 0; seed < 5; seed++) {
		const { formula, model } = uniqueModelFormula({ variables, k: Math.min(3, variables), seed });
		expect(satisfies(formula, model)).toBe(true);
		expect(countModels(formula)).toBe(1);
	}
});

describe("pigeonhole", () => {
	test("4 pigeons and 3 holes is the file of that name", () => {
		const file = new URL("../../fixtures/pigeonhole-4-3.cnf", import.meta.url);
		expect(pigeonhole(4, 3)).toEqual(readDimacs(readFileSync(file, "utf8")));
	});

	test("has holes!/(holes - pigeons)! placements of distinct holes, each pigeon in one hole or more", () => {
		expect(countModels(pigeonhole(3, 2))).toBe(0);
		expect(countModels(pigeonhole(1, 3))).toBe(7);
		expect(countModels(pigeonhole(2, 2))).toBe(2);
	});
});

test("the model search agrees with brute force, on NO instances at least as often as on YES", () => {
	const seen = { yes: 0, no: 0 };
	for (let seed = 0; seed < 80; seed++) {
		const formula = randomFormula({ variables: 4 + (seed % 8), ratio: seed % 2 ? 4 : 9, seed });
		const model = findModel(formula);
		expect(model !== undefined).toBe(countModels(formula) > 0);
		if (model) expect(satisfies(formula, model)).toBe(true);
		seen[model ? "yes" : "no"]++;
	}
	expect(seen.no).toBeGreaterThanOrEqual(seen.yes);
});

test.each<[string, () => unknown, string]>([
	["random", () => randomFormula({ variables: 1e9, seed: 0 }), "4260000000 clauses of up to 3 literals are too many"],
	["wide", () => randomFormula({ variables: 1e6, k: 1e6, seed: 0 }), "clauses of up to 1000000 literals are too many"],
	[
		"unique",
		() => uniqueModelFormula({ variables: 5, ratio: Number.POSITIVE_INFINITY, seed: 0 }),
		"ratio must be a finite",
	],
	["pigeonhole", () => pigeonhole(1e5, 1e5), "literals are too many; at most 16777216 literals are made"],
	["gap of n = 10^6", () => plantedGap({ n: 1e6, yes: true, seed: 0 }), "n must be a whole number in 2..32768"],
	["gap beyond the rows' length", () => plantedGap({ n: 4, yes: true, seed: 0, gap: 1e6 }), "take a smaller gap"],
])("a size of %s that would take for ever is refused at once", (_, make, message) => {
	expect(make).toThrow(UsageError);
	expect(make).toThrow(message);
});
