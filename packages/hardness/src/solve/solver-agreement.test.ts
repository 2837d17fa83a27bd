import { expect, test } from "vitest";
import { pigeonhole, randomFormula, uniqueModelFormula } from "../formulas/families.ts";
import { satisfies } from "../formulas/formula.ts";
import { exactOracle } from "../testing/exact-oracle.ts";
import { satSolver, solvedElsewhere } from "../testing/sat-solver.ts";
import { solve } from "./solve.ts";

/** Formulas of 7 to 13 variables, unsatisfiable at least as often as satisfiable. */
const formulas = [
	...Array.from({ length: 24 }, (_, seed) => {
		const k = seed % 6 === 0 ? 4 : 3;
		const isDense = seed % 5 < 3;
		return randomFormula({ variables: 9 + (seed % 5), k, ratio: isDense ? 2 ** k : 4, seed });
	}),
	...[7, 9, 12].map((variables) => uniqueModelFormula({ variables, seed: 1 }).formula),
	...[pigeonhole(4, 3), pigeonhole(3, 2), pigeonhole(2, 3)],
];

const title = "answers are those of an independent SAT solver";

test.runIf(satSolver)(`${title} (${satSolver})`, async () => {
	const seen = { satisfiable: 0, unsatisfiable: 0 };
	for (const formula of formulas) {
		const solution = await solve(formula, { oracle: exactOracle() });
		const truth = solvedElsewhere(formula);
		expect(solution.status).toBe(truth);
		if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
		seen[truth]++;
	}
	expect(seen.satisfiable).toBeGreaterThan(5);
	expect(seen.unsatisfiable).toBeGreaterThanOrEqual(seen.satisfiable);
});

test.skipIf(satSolver)(`${title}: skipped, this machine has none of cadical, minisat, kissat`, () => {});
