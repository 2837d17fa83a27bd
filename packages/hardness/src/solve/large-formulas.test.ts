import { streaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { countModels } from "../formulas/brute-force.ts";
import { randomFormula, uniqueModelFormula } from "../formulas/families.ts";
import { type Formula, satisfies } from "../formulas/formula.ts";
import { createOracle } from "../oracle/oracle.ts";
import { satSolver, solvedElsewhere } from "../testing/sat-solver.ts";
import { count } from "./count.ts";
import { solve } from "./solve.ts";

const runtime = await createRuntime({ threads: 2 });
afterAll(() => runtime.close());
const oracle = createOracle({ algorithm: streaming, runtime });

/** Formulas of 13 to 20 variables: of each size one that has models, and one that most likely has none. */
const formulas = [13, 14, 15, 16, 17, 18, 19, 20].flatMap((variables): Formula[] => {
	const seed = variables;
	const withModels = [
		() => uniqueModelFormula({ variables, seed }).formula,
		() => randomFormula({ variables, ratio: 3, seed }),
		() => randomFormula({ variables, k: 4, ratio: 6, seed }),
	];
	const without = [
		() => randomFormula({ variables, ratio: 6, seed }),
		() => randomFormula({ variables, k: 4, ratio: 13, seed }),
		() => randomFormula({ variables, k: 2, ratio: 2.5, seed }),
	];
	return [withModels[variables % 3](), without[variables % 3]()];
});

const truths = formulas.map(countModels);

test("half of the formulas have no model", () => {
	const empty = truths.filter((models) => models === 0).length;
	expect(empty).toBe(formulas.length / 2);
});

test("up to 20 variables answers and counts are those of brute force, and of a SAT solver where there is one", async () => {
	for (const [i, formula] of formulas.entries()) {
		const models = truths[i];
		const solution = await solve(formula, { oracle });
		const status = models > 0 ? "satisfiable" : "unsatisfiable";
		expect(solution.status).toBe(status);
		if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
		// one gradient decides; half of a side at a time isolates a model
		expect(solution.isolationCalls).toBeLessThanOrEqual(models > 1 ? 2 + Math.log2(models) : 0);
		expect(await count(formula, { oracle })).toMatchObject({ status: "counted", models, calls: 1 });
		if (satSolver) expect(solvedElsewhere(formula)).toBe(status);
	}
});
