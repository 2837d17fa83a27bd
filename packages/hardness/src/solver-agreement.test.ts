import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeDimacs } from "./dimacs.ts";
import { type Formula, satisfies } from "./formula.ts";
import { randomFormula } from "./formulas.ts";
import { solve } from "./solve.ts";
import { exactOracle } from "./testing/exact-oracle.ts";

/** SAT solvers that answer 10 or 20, if this machine has one. */
const solver = ["cadical", "minisat", "kissat"].find((name) => !spawnSync(name, ["--help"]).error);

const folder = mkdtempSync(join(tmpdir(), "attgrad-sat-"));
afterAll(() => rmSync(folder, { recursive: true }));

function external(formula: Formula): number | null {
	const file = join(folder, "formula.cnf");
	writeFileSync(file, writeDimacs(formula));
	return spawnSync(solver!, [file]).status;
}

const title = "answers are those of an independent SAT solver";

test.runIf(solver)(`${title} (${solver})`, async () => {
	const seen = { yes: 0, no: 0 };
	for (let seed = 0; seed < 24; seed++) {
		const formula = randomFormula({ variables: 9 + (seed % 4), ratio: seed % 2 ? 4 : 8, seed });
		const solution = await solve(formula, { oracle: exactOracle() });
		expect(external(formula)).toBe(solution.status === "satisfiable" ? 10 : 20);
		if (solution.status === "satisfiable") expect(satisfies(formula, solution.assignment)).toBe(true);
		seen[solution.status === "satisfiable" ? "yes" : "no"]++;
	}
	expect(seen.no).toBeGreaterThanOrEqual(seen.yes);
});

test.skipIf(solver)(`${title}: skipped, this machine has none of cadical, minisat, kissat`, () => {});
