import type { Assignment, Formula } from "./formula.ts";

/**
 * A model of the formula, or undefined where there is none: unit propagation and branching (DPLL), without learning.
 * It makes formulas with one model and checks answers; the solver that goes through gradients does not use it.
 */
export function findModel({ variables, clauses }: Formula): Assignment | undefined {
	const values = new Int8Array(variables + 1);
	if (!extend(clauses, values)) return undefined;
	return Array.from({ length: variables }, (_, index) => values[index + 1] > 0);
}

/** Extends the partial assignment (0 = open) to a model; leaves it as it was and answers false where none exists. */
function extend(clauses: readonly (readonly number[])[], values: Int8Array): boolean {
	const trail: number[] = [];
	const undo = (): false => {
		for (const variable of trail) values[variable] = 0;
		return false;
	};
	const set = (literal: number): void => {
		values[Math.abs(literal)] = Math.sign(literal);
		trail.push(Math.abs(literal));
	};
	let branch: number | undefined;
	for (let moved = true; moved; ) {
		moved = false;
		branch = undefined;
		for (const clause of clauses) {
			if (clause.some((l) => values[Math.abs(l)] * l > 0)) continue;
			const open = [...new Set(clause.filter((l) => values[Math.abs(l)] === 0))];
			if (open.length === 0) return undo();
			branch ??= open[0];
			if (open.length > 1) continue;
			set(open[0]);
			moved = true;
		}
	}
	if (branch === undefined) return true;
	for (const literal of [branch, -branch]) {
		values[Math.abs(literal)] = Math.sign(literal);
		if (extend(clauses, values)) return true;
		values[Math.abs(literal)] = 0;
	}
	return undo();
}
