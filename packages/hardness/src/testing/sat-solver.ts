import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDimacs } from "../formulas/dimacs.ts";
import type { Formula } from "../formulas/formula.ts";

/** A SAT solver that answers 10 or 20, if this machine has one. */
export const satSolver = ["cadical", "minisat", "kissat"].find((name) => !spawnSync(name, ["--help"]).error);

/**
 * The verdict of the machine's SAT solver on a formula.
 * @throws Error where it says neither
 */
export function solvedElsewhere(formula: Formula): "satisfiable" | "unsatisfiable" {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-sat-"));
	try {
		const file = join(folder, "formula.cnf");
		writeFileSync(file, writeDimacs(formula));
		const { status } = spawnSync(satSolver!, [file]);
		if (status !== 10 && status !== 20) throw new Error(`${satSolver} ended with ${status}`);
		return status === 10 ? "satisfiable" : "unsatisfiable";
	} finally {
		rmSync(folder, { recursive: true });
	}
}
